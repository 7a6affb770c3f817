"""What people write, in six languages and three directions of script and mood."""

from random import Random

SUBJECTS = {
    "en": ("Where is my order?", "Wrong item received", "Invoice needed 🧾", "Discount code does not work"),
    "pt": ("Onde está a minha encomenda?", "Artigo errado", "Preciso da fatura 🧾", "O código não funciona"),
    "ar": ("أين طلبي؟", "وصلني منتج خاطئ", "أحتاج إلى الفاتورة 🧾", "رمز الخصم لا يعمل"),
    "ur": ("میرا آرڈر کہاں ہے؟", "غلط چیز ملی", "رسید چاہیے 🧾", "رعایتی کوڈ کام نہیں کر رہا"),
    "pa": ("ਮੇਰਾ ਆਰਡਰ ਕਿੱਥੇ ਹੈ?", "ਗਲਤ ਚੀਜ਼ ਮਿਲੀ", "ਬਿੱਲ ਚਾਹੀਦਾ ਹੈ 🧾", "ਛੂਟ ਕੋਡ ਕੰਮ ਨਹੀਂ ਕਰਦਾ"),
    "te": ("నా ఆర్డర్ ఎక్కడ ఉంది?", "తప్పు వస్తువు వచ్చింది", "బిల్లు కావాలి 🧾", "డిస్కౌంట్ కోడ్ పనిచేయడం లేదు"),
}
HAPPY = {
    "en": ("Fast delivery, thank you! 😀", "Great quality, will buy again", "Your agent was kind and quick"),
    "pt": ("Entrega rápida, obrigado! 😀", "Excelente qualidade, recomendo", "Atendimento simpático e rápido"),
    "ar": ("توصيل سريع، شكرا لكم 😀", "جودة ممتازة", "خدمة العملاء رائعة وسريعة"),
    "ur": ("بہت تیز ترسیل، شکریہ 😀", "معیار بہترین ہے", "نمائندہ بہت مددگار تھا"),
    "pa": ("ਬਹੁਤ ਤੇਜ਼ ਡਿਲੀਵਰੀ, ਧੰਨਵਾਦ 😀", "ਵਧੀਆ ਗੁਣਵੱਤਾ", "ਬਹੁਤ ਵਧੀਆ ਸੇਵਾ"),
    "te": ("చాలా వేగంగా డెలివరీ, ధన్యవాదాలు 😀", "నాణ్యత చాలా బాగుంది", "సేవ అద్భుతంగా ఉంది"),
}
UNHAPPY = {
    "en": ("Arrived late and the box was damaged 😡", "Nobody answers, I want a refund", "Poor quality, never again"),
    "pt": ("Chegou atrasado e danificado 😡", "Ninguém responde, quero o reembolso", "Péssima qualidade"),
    "ar": ("وصل متأخرا والعلبة تالفة 😡", "لا أحد يرد، أريد استرداد المال", "جودة سيئة جدا"),
    "ur": ("دیر سے پہنچا اور ڈبہ ٹوٹا ہوا تھا 😡", "کوئی جواب نہیں دیتا، رقم واپس کریں", "بہت خراب معیار"),
    "pa": ("ਦੇਰ ਨਾਲ ਆਇਆ ਅਤੇ ਟੁੱਟਿਆ ਹੋਇਆ ਸੀ 😡", "ਕੋਈ ਜਵਾਬ ਨਹੀਂ ਦਿੰਦਾ, ਪੈਸੇ ਵਾਪਸ ਕਰੋ", "ਬਹੁਤ ਮਾੜੀ ਗੁਣਵੱਤਾ"),
    "te": ("ఆలస్యంగా వచ్చింది, పెట్టె పాడైంది 😡", "ఎవరూ స్పందించడం లేదు, డబ్బు తిరిగి ఇవ్వండి", "నాణ్యత చాలా చెడ్డది"),
}


def subject(language: str, rng: Random) -> str:
    """The subject of a ticket."""
    return rng.choice(SUBJECTS[language])


def opinion(language: str, is_happy: bool, rng: Random) -> str:
    """A comment on a purchase or on support."""
    return rng.choice((HAPPY if is_happy else UNHAPPY)[language])
