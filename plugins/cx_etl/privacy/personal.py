"""Where the records of each stream hold a person: data, by raw table and the columns of its contract.

A record is a person's own if one of its ``emails`` is the person's address, or if one of its ``links`` leads to a
record that is. Of an own record ``texts`` (names, places and all that people wrote) and ``phones`` are erased. The
address is erased from every record that names it, whoever's it is.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Personal:
    """``links``: the column, and the table whose first key it holds. A column of a list is ``list.column``."""

    emails: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    links: tuple[tuple[str, str], ...] = ()


def _names(prefix: str, *names: str) -> tuple[str, ...]:
    return tuple(f"{prefix}__{name}" for name in names)


_ADDRESS = ("first_name", "last_name", "company", "city", "postcode")

PERSONAL: dict[str, Personal] = {
    "zendesk__users": Personal(emails=("email",), texts=("name",), phones=("phone",)),
    "zendesk__tickets": Personal(
        texts=("subject", "description", "satisfaction_rating__comment"), links=(("requester_id", "zendesk__users"),)
    ),
    "zendesk__ticket_events": Personal(texts=("child_events.body",), links=(("ticket_id", "zendesk__tickets"),)),
    "zendesk__deleted_tickets": Personal(texts=("subject",), links=(("id", "zendesk__tickets"),)),
    "zendesk__satisfaction_ratings": Personal(texts=("comment",), links=(("requester_id", "zendesk__users"),)),
    "zendesk__survey_responses": Personal(texts=("answers.value",), links=(("responder_id", "zendesk__users"),)),
    "shopify__customers": Personal(
        emails=("defaultEmailAddress__emailAddress",),
        texts=("displayName", "defaultAddress__city"),
        phones=("defaultPhoneNumber__phoneNumber",),
    ),
    "shopify__orders": Personal(
        emails=("email",),
        texts=("shippingAddress__city", "cancellation__staffNote"),
        links=(("customer__id", "shopify__customers"),),
    ),
    "shopify__fulfillment_events": Personal(
        texts=("message", "city"), links=(("__parentId", "shopify__fulfillments"),)
    ),
    "shopify__fulfillments": Personal(texts=(), links=(("order__id", "shopify__orders"),)),
    "shopify__refunds": Personal(texts=("note",), links=(("order__id", "shopify__orders"),)),
    "shopify__returns": Personal(texts=("decline__note",), links=(("order__id", "shopify__orders"),)),
    "shopify__return_line_items": Personal(
        texts=("customerNote", "returnReasonNote"), links=(("__parentId", "shopify__returns"),)
    ),
    "shopify__abandoned_checkouts": Personal(
        texts=("shippingAddress__city",), links=(("customer__id", "shopify__customers"),)
    ),
    "woocommerce__customers": Personal(
        emails=("email",),
        texts=("first_name", "last_name", "username", *_names("billing", *_ADDRESS), *_names("shipping", *_ADDRESS)),
        phones=("billing__phone", "shipping__phone"),
    ),
    "woocommerce__orders": Personal(
        emails=("billing__email",),
        texts=("customer_note", *_names("billing", *_ADDRESS), *_names("shipping", *_ADDRESS)),
        phones=("billing__phone", "shipping__phone"),
        links=(("customer_id", "woocommerce__customers"),),
    ),
    "woocommerce__refunds": Personal(texts=("reason",), links=(("order_id", "woocommerce__orders"),)),
    "asknicely__responses": Personal(emails=("email",), texts=("name", "comment")),
    "typeform__responses": Personal(
        emails=("hidden__customer_email",),
        texts=("answers.text", "answers.url", "answers.file_url", "answers.choice__other", "answers.choices__other"),
        phones=("answers.phone_number",),
    ),
    "surveymonkey__responses": Personal(
        emails=("email_address",),
        texts=("first_name", "last_name", "ip_address", "custom_value", "answers.text", "custom_variables.value"),
    ),
    "qualtrics__responses": Personal(
        emails=("values__recipientEmail",),
        texts=("values__ipAddress", "values__recipientFirstName", "values__recipientLastName"),
    ),
    "delighted__survey_responses": Personal(
        emails=("person__email",),
        texts=(
            *("person__name", "comment", "person_properties.value", "notes.text"),
            "additional_answers.value__free_response",
        ),
        phones=("person__phone_number",),
    ),
    "delighted__exported_responses": Personal(emails=("email",), texts=("name", "comment"), phones=("phone_number",)),
    "freshdesk__contacts": Personal(emails=("email",), texts=("name", "job_title"), phones=("phone", "mobile")),
    "freshdesk__tickets": Personal(
        emails=("requester__email",),
        texts=("subject", "description_text", "requester__name"),
        phones=("requester__phone", "requester__mobile"),
        links=(("requester_id", "freshdesk__contacts"),),
    ),
    "freshdesk__conversations": Personal(texts=("body_text",), links=(("ticket_id", "freshdesk__tickets"),)),
    "freshdesk__satisfaction_ratings": Personal(texts=("feedback",), links=(("user_id", "freshdesk__contacts"),)),
    "gorgias__customers": Personal(emails=("email",), texts=("name", "firstname", "lastname")),
    "gorgias__tickets": Personal(
        emails=("customer__email",),
        texts=("customer__name", "subject", "excerpt"),
        links=(("customer__id", "gorgias__customers"),),
    ),
    "gorgias__messages": Personal(
        texts=("subject", "body_text", "stripped_text"), links=(("ticket_id", "gorgias__tickets"),)
    ),
    "gorgias__satisfaction_surveys": Personal(texts=("body_text",), links=(("customer_id", "gorgias__customers"),)),
    "shiprocket__orders": Personal(emails=("customer_email",), texts=("customer_name",), phones=("customer_phone",)),
    "shiprocket__returns": Personal(emails=("customer_email",), texts=("customer_name",), phones=("customer_phone",)),
    "shiprocket__ndr": Personal(
        emails=("customer_email",),
        texts=("customer_name", "customer_city", "customer_pincode"),
        phones=("customer_phone",),
    ),
    "shiprocket__tracking": Personal(texts=("shipment_track.delivered_to",)),
    "billing__subscriptions": Personal(emails=("customer_email",)),
}
