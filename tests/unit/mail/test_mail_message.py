"""The mail as it arrives, opened with the standard library: figures of the marts, in HTML and in plain text."""

from tests.unit.mail.conftest import SATURDAY, sent
from tests.unit.mail.postbox import Postbox
from cx_etl import mail

def test_x(saturday: int, board: None, postbox: Postbox) -> None:
    for o in sent(): print(o.as_text())
    m = postbox.received[0]
    print(m["subject"]); print(m.get_body(("plain",)).get_content())
    h=m.get_body(("html",)).get_content(); print(len(h.encode()), len(m.as_bytes()))
    open("/tmp/s/m.eml","wb").write(m.as_bytes())
    for o in sent(): print(o.as_text())
    assert 0
