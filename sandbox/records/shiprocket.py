"""Shiprocket's records: five ways to write a time, none with an offset, numbers that are text now and then."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

Record = dict[str, Any]

INDIA = ZoneInfo("Asia/Kolkata")
# The order's codes; the tracking has a table of its own.
CODES = {
    **{"NEW": 1, "READY TO SHIP": 3, "CANCELED": 5, "DELIVERED": 7, "RTO INITIATED": 15, "RTO DELIVERED": 16},
    **{"OUT FOR DELIVERY": 19, "IN TRANSIT": 20, "RETURN PENDING": 21, "RETURN INITIATED": 25, "UNDELIVERED": 36},
    **{"RETURN PICKUP GENERATED": 23, "RETURN DELIVERED": 26, "RETURN IN TRANSIT": 24, "PICKED UP": 51},
    **{"RTO IN TRANSIT": 45, "SELF FULFILED": 38},
}
TRACK_CODES = {
    **{"PICKED UP": 42, "IN TRANSIT": 18, "OUT FOR DELIVERY": 17, "UNDELIVERED": 21, "DELIVERED": 7},
    **{"RTO INITIATED": 9, "RTO IN TRANSIT": 46, "RTO DELIVERED": 10},
}
NEVER = "0000-00-00 00:00:00"


def order_time(moment: datetime) -> str:
    """As in lists of orders: 5 Aug 2019, 03:53 PM."""
    local = moment.astimezone(INDIA)
    return f"{local.day} {local:%b %Y, %I:%M %p}"


def shipment_time(moment: datetime) -> str:
    """As in the list of shipments: 28th Aug 2018 07:11 PM."""
    local = moment.astimezone(INDIA)
    ending = "th" if 10 < local.day < 14 else {1: "st", 2: "nd", 3: "rd"}.get(local.day % 10, "th")
    return f"{local.day}{ending} {local:%b %Y %I:%M %p}"


def scan_time(moment: datetime) -> str:
    """As in tracking: 2022-07-19 11:37:00."""
    return f"{moment.astimezone(INDIA):%Y-%m-%d %H:%M:%S}"


def object_time(moment: datetime) -> Record:
    """As in the detail of a shipment."""
    return {"date": f"{scan_time(moment)}.000000", "timezone_type": 3, "timezone": "Asia/Kolkata"}


def flipped(value: float, number: int) -> Any:
    """A number as this or that part of the vendor's writes it."""
    return value if number % 3 else f"{value:.2f}"


def product(*, number: int, title: str, sku: str, quantity: int, status: str = "NEW") -> Record:
    """A line of an order."""
    return {
        "id": number,
        "channel_order_product_id": str(number),
        "name": title,
        "channel_sku": sku,
        "quantity": quantity,
        "product_id": number if number % 2 else str(number),
        "available": 50,
        "status": status,
        "hsn": "4412",
    }


def order_shipment(
    *, number: int, awb: str, courier: str, etd: datetime | None, delivered: datetime | None, rto: datetime | None
) -> Record:
    """A shipment inside its order; without a courier everything says nothing in its own way."""
    return {
        "id": number,
        "isd_code": "",
        "courier": courier,
        "weight": flipped(0.5, number) if awb else 0,
        "dimensions": "10.00x15.00x20.00",
        "pickup_scheduled_date": None,
        "pickup_token_number": None,
        "awb": awb,
        "return_awb": "",
        "volumetric_weight": flipped(0.6, number + 1),
        "pod": None,
        "etd": scan_time(etd) if etd else "NA",
        "rto_delivered_date": scan_time(rto) if rto else NEVER,
        "delivered_date": scan_time(delivered) if delivered else None,
    }


def order(
    *,
    number: int,
    reference: str,
    status: str,
    created: datetime,
    placed: datetime,
    name: str,
    email: str | None,
    cents: int,
    is_cod: bool,
    products: Sequence[Record],
    shipments: Sequence[Record],
    activities: Sequence[str],
) -> Record:
    """An order as of one version; nothing in it says when it came to be so."""
    return {
        "id": number,
        "channel_id": 76893,
        "channel_name": "SHOPIFY",
        "base_channel_code": "SH",
        "channel_order_id": reference,
        "customer_name": name,
        "customer_email": email or "",
        "customer_phone": 9_000_000_000 + number if number % 2 else str(9_000_000_000 + number),
        "pickup_location": "Primary",
        "payment_status": "",
        "total": f"{cents / 100:.2f}",
        "tax": "0.00",
        "sla": "2 days",
        "shipping_method": "SR",
        "expedited": 0,
        "status": status,
        "status_code": CODES[status],
        "payment_method": "cod" if is_cod else "prepaid",
        "is_international": 0,
        "purpose_of_shipment": 0,
        "channel_created_at": order_time(placed),
        "created_at": order_time(created),
        "products": list(products),
        "shipments": list(shipments),
        "activities": list(activities),
        "allow_return": 0,
        "is_incomplete": 0,
        "errors": [],
    }


def shipment(
    *, number: int, order: int, awb: str, status: str, created: datetime, is_cod: bool, products: Sequence[Record]
) -> Record:
    """A row of the list of shipments."""
    shown = [{"name": each["name"], "sku": each["channel_sku"], "quantity": each["quantity"]} for each in products]
    return {
        "number": "",
        "code": "",
        "id": number,
        "order_id": order,
        "products": shown,
        "awb": awb,
        "status": status,
        "created_at": shipment_time(created),
        "channel_id": 76893,
        "channel_name": "SHOPIFY",
        "base_channel_code": "SH",
        "payment_method": "cod" if is_cod else "prepaid",
    }


def activity(at: datetime, status: str, place: str) -> Record:
    """A scan. Some couriers' words have no number with the vendor."""
    code = TRACK_CODES.get(status)
    told = {"sr-status": "NA", "sr-status-label": "NA"}
    if code is not None:
        told = {"sr-status": str(code) if code % 2 else code, "sr-status-label": status}
    return {"date": scan_time(at), "status": status[:4], "activity": status.title(), "location": place, **told}


def tracking(
    *,
    awb: str,
    shipment: int,
    order: int,
    courier: str,
    scans: Sequence[Record],
    picked: datetime,
    delivered: datetime | None,
    promised: datetime | None,
    status: str,
    city: str,
) -> Record:
    """What a courier tells of one air waybill, newest scan first. ``awb`` is how the answer names it."""
    parcel = {
        "id": shipment,
        "awb_code": awb,
        "courier_company_id": 51,
        "shipment_id": shipment,
        "order_id": order,
        "pickup_date": scan_time(picked),
        "delivered_date": scan_time(delivered) if delivered else "",
        "weight": flipped(0.5, shipment),
        "packages": 1,
        "current_status": status.title(),
        "delivered_to": city,
        "destination": city,
        "consignee_name": "",
        "origin": "Mumbai",
        "courier_agent_details": None,
        "courier_name": courier,
        "edd": scan_time(promised) if promised else None,
    }
    return {
        "awb": awb,
        "track_status": 1,
        "shipment_status": TRACK_CODES.get(status, 18),
        "shipment_track": [parcel],
        "shipment_track_activities": list(scans)[::-1],
        "track_url": f"https://tracking.example/{awb}",
        "etd": scan_time(promised) if promised else "NA",
        "qc_response": {"qc_image": "", "qc_failed_reason": ""},
    }


def return_order(
    *, number: int, reference: str, status: str, created: datetime, name: str, email: str | None, cents: int,
    products: Sequence[Record], shipment: int, awb: str,
) -> Record:  # fmt: skip
    """A return as the list of returns shows it."""
    parcel = {
        "isd_code": "+91",
        "courier": "",
        "sr_courier_id": "",
        "weight": "1",
        "volumetric_weight": 0.6,
        "awb": awb,
    }
    return {
        "id": number,
        "channel_id": 76893,
        "channel_name": "CUSTOM",
        "base_channel_code": "CS",
        "channel_order_id": reference,
        "customer_name": name,
        "customer_email": email or "",
        "customer_phone": str(8_000_000_000 + number),
        "customer_pincode": "220022",
        "pickup_location": "Home ,Home ,Delhi ,New Delhi ,India",
        "payment_status": "",
        "total": f"{cents / 100:.2f}",
        "status": status,
        "status_code": CODES[status],
        "payment_method": "prepaid",
        "channel_created_at": order_time(created),
        "created_at": order_time(created),
        "products": [each | {"status": "UNDEFINED"} for each in products],
        "cod": 0,
        "shipment_id": shipment,
        "in_queue": 0,
        "shipments": [parcel | {"awb": awb}],
    }


def non_delivery(
    *, order: int, shipment: int, awb: str, courier: str, status: str, created: datetime, name: str, email: str | None,
    city: str, cents: int, history: Sequence[Record], delivered: datetime | None,
) -> Record:  # fmt: skip
    """A row of the list of failed deliveries; ``id`` is the order's."""
    latest = history[-1]
    return {
        "id": order,
        "shipment_id": shipment,
        "customer_name": name,
        "customer_email": email or "",
        "customer_phone": str(9_000_000_000 + order),
        "customer_city": city,
        "customer_pincode": "122003",
        "payment_status": "2",
        "status": status,
        "status_code": CODES[status],
        "payment_method": "cod",
        "created_at": order_time(created),
        "reason": latest["ndr_reason"],
        "attempts": len(history),
        "ndr_raised_at": latest["ndr_raised_at"],
        "courier": courier,
        "awb_code": awb,
        "escalation_status": "N/A",
        "product_price": f"{cents / 100:.2f}",
        "history": list(history),
        "delivered_date": scan_time(delivered) if delivered else "",
    }


def attempt(*, number: int, order: int, count: int, reason: str, at: datetime) -> Record:
    """One failed delivery in a row's history."""
    return {
        "id": number,
        "ndr_id": order,
        "ndr_reason": reason,
        "action_by": 3,
        "ndr_attempt": count,
        "medium": None,
        "comment": "",
        "sms_response": "No Response",
        "ndr_raised_at": scan_time(at),
    }
