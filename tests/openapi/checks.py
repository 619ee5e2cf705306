"""What schemathesis does not know of a restaurant, and what it does not look at by itself."""

import random
import zlib

import schemathesis

# Words that a field takes and its description says in prose; of a call's own where several differ.
WORDS = {
    "kind": {
        "/accounts": ["house", "gift_voucher", "deposit"],
        "/tenders": ["cash", "card", "meal_voucher", "online", "write_off", "other"],
        "": ["dine_in", "takeaway", "delivery"],
    },
    "tender": ["cash", "card"],
    "service": ["dine_in", "takeaway"],
    "sold_by": ["each", "kg"],
    "counts_as": ["sale"],
    "price_mode": ["add", "included"],
    "used_for": ["void", "comp", "refund", "discount"],
    "excess": ["refuse"],
    "owner": ["device"],
    "role": ["waiter", "cashier"],
    "by": ["seat"],
    "state": ["captured", "pending", "declined"],
    "of": ["before_discounts", "after_discounts"],
    "goes_to": ["house", "staff"],
    "percent": ["10", "7.25"],
    "rate": ["10", "22"],
    "measure": ["0.350"],
    "share": ["1/2"],
    "pin": ["4321"],
    "from": ["10:00"],
    "to": ["12:00"],
    "until": ["day_end"],
    "last4": ["4242"],
}
# Fields that bear a number of something the demo has.
SMALL = ["variant_id", "category_id", "tax_class", "station_id", "table_id", "area_id", "option_id", "staff_id"]
SMALL += ["tender_id", "reason_id", "discount_id", "quantity", "position", "seats", "min", "max", "free_quantity"]
SMALL += ["guests", "seat", "course", "value", "count", "limit"]
MONEY = ["amount", "price", "tendered", "tip", "float", "unit_price"]
# What may be left out, and mostly goes with something else or against it.
EXTRA = ["components", "sold", "modifiers", "modifier_groups", "check_id", "tender_id", "line_id", "discount_id"]
EXTRA += ["menu_version", "card", "client_ref", "customer", "due_at", "due_date", "voucher", "unit_price", "measure"]
EXTRA += ["amount", "per_guest", "free_quantity", "valid_from", "valid_to", "lowers_tax_base", "applies_to", "share"]
EXTRA += ["takeaway_rates", "reason_id", "account_id", "order_version", "tip_staff_id", "staff_id", "table_id"]


def sensible(value, name, path, dice):
    """The value as somebody at a till would send it."""
    if isinstance(value, dict):
        kept = {key: inner for key, inner in value.items() if key not in EXTRA or dice.random() < 0.3}
        return {key: sensible(inner, key, path, dice) for key, inner in kept.items()}
    if isinstance(value, list):
        return [sensible(inner, name, path, dice) for inner in value[:3]]
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, str):
        words = WORDS.get(name)
        if isinstance(words, dict):
            words = next(of for end, of in words.items() if path.endswith(end))
        return dice.choice(words) if words else f"{name} {dice.randrange(10**9)}"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if name in SMALL:
        return dice.randint(1, 4)
    if name in MONEY:
        return dice.randint(100, 3000)
    return value


@schemathesis.hook
def before_call(ctx, case, kwargs):
    """Most calls that fit their description also make sense, so that some have an effect to go on from."""
    generation = case.meta and case.meta.generation
    if not generation or not generation.mode.is_positive or not isinstance(case.body, dict):
        return
    dice = random.Random(zlib.crc32(repr(case.body).encode("utf-8", "replace")))
    if dice.random() < 0.4:
        return
    case.body = sensible(case.body, "", case.path, dice)
    if case.headers is not None and "If-Match" in case.headers:
        case.headers["If-Match"] = "*"


def words_of(detail):
    words = detail.split()
    return {f"{one} {other}" for one, other in zip(words, words[1:])}


@schemathesis.check
def described_shape_is_taken(ctx, response, case):
    """A request that fits its description is not refused for its shape, whatever it says."""
    generation = case.meta and case.meta.generation
    if response.status_code != 422 or not generation or not generation.mode.is_positive:
        return
    shape = {"wrong_type", "unknown_field", "duplicate_field"}
    faults = [fault for fault in response.json().get("errors", []) if fault["code"] in shape]
    # To JSON Schema 1.0 is a whole number. Here no float is an amount, and none is read as one, nor as a number
    # where there may be a number or a word.
    faults = [fault for fault in faults if not {"floating point", "untagged enum"} & words_of(fault["detail"])]
    assert not faults, f"it fits its description and was refused for its shape: {faults}"
