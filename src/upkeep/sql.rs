//! References that no foreign key holds, each asked across the domains it joins, and names for rollups
//! that lost theirs.

use crate::store::Statement;

const ALL_OF_IT: &str = "reads all there is, for `comanda check --integrity` alone";

/// A reference: where it stands, and the statement that finds it broken (the row's key, what it says,
/// what it should).
#[derive(Debug)]
pub struct Link {
    pub table: &'static str,
    pub column: &'static str,
    pub broken: Statement,
}

macro_rules! links {
    ($($name:ident $word:literal $table:literal $column:literal $sql:expr;)*) => {
        $(static $name: Link = Link {
            table: $table,
            column: $column,
            broken: Statement::new($word, $sql).scanning(ALL_OF_IT),
        };)*

        pub static LINKS: &[&Link] = &[$(&$name),*];

        pub static ALL: &[&Statement] = &[$(&$name.broken),*, &CATEGORY_NAME, &DISH_NAME, &ORDERS];
    };
}

/// A column that repeats what another row says.
macro_rules! same {
    ($table:literal, $column:literal, $other:literal, $on:literal, $truth:literal) => {
        concat!(
            "select a.id, a.",
            $column,
            ", b.",
            $truth,
            " from ",
            $table,
            " a join ",
            $other,
            " b on b.id = a.",
            $on,
            " where a.",
            $column,
            " <> b.",
            $truth
        )
    };
}

/// A rollup's key that is the id of nothing.
macro_rules! key {
    ($dim:literal, $table:literal, $but:literal) => {
        concat!(
            "select d.business_date || ' ",
            $dim,
            "', d.key, 'the id of one of ",
            $table,
            "' from day_totals d
             where d.dim = '",
            $dim,
            "' and d.key <> '",
            $but,
            "'
               and not exists (select 1 from ",
            $table,
            " t where cast(t.id as text) = d.key and t.id = cast(d.key as integer))"
        )
    };
}

macro_rules! word {
    ($dim:literal, $words:literal) => {
        concat!(
            "select business_date || ' ",
            $dim,
            "', key, 'a word of the contract' from day_totals
             where dim = '",
            $dim,
            "' and key not in (",
            $words,
            ")"
        )
    };
}

links! {
    LINE_ORDER "upkeep.lines_order" "lines" "order_id"
        "select a.id, a.order_id, b.order_id from lines a join checks b on b.id = a.check_id
         where a.order_id <> b.order_id and a.order_id <> 0";
    LINE_ITEM "upkeep.lines_item" "lines" "item_id" same!("lines", "item_id", "variants", "variant_id", "item_id");
    LINE_CATEGORY "upkeep.lines_category" "lines" "category_id"
        "select l.id, l.category_id, 'the id of a category' from lines l
         where not exists (select 1 from categories c where c.id = l.category_id)";
    LINE_SPLIT "upkeep.lines_split" "lines" "variant_id, of what it was split off"
        same!("lines", "variant_id", "lines", "split_from", "variant_id");
    CHECK_SPLIT "upkeep.checks_split" "checks" "order_id, of what it was split off"
        same!("checks", "order_id", "checks", "split_from", "order_id");
    CHECK_JOINED "upkeep.checks_joined" "checks" "order_id, of what it was joined to"
        same!("checks", "order_id", "checks", "joined_into", "order_id");
    PAYMENT_ORDER "upkeep.payments_order" "payments" "order_id"
        same!("payments", "order_id", "checks", "check_id", "order_id");
    PAYMENT_CORRECTS "upkeep.payments_corrects" "payments" "check_id"
        same!("payments", "check_id", "payments", "corrects", "check_id");
    TIP_ORDER "upkeep.payment_tips_order" "payment_tips" "order_id"
        same!("payment_tips", "order_id", "payments", "payment_id", "order_id");
    REFUND_ORDER "upkeep.refunds_order" "refunds" "order_id"
        same!("refunds", "order_id", "checks", "check_id", "order_id");
    REFUND_CHECK "upkeep.refunds_check" "refunds" "check_id"
        same!("refunds", "check_id", "payments", "payment_id", "check_id");
    REFUND_LINE "upkeep.refund_lines_line" "refund_lines" "line_id, whose check"
        "select r.id, l.check_id, b.check_id from refund_lines r join lines l on l.id = r.line_id
         join refunds b on b.id = r.refund_id where l.check_id <> b.check_id";
    ENTRY_PAYMENT "upkeep.account_entries_payment" "account_entries" "account_id"
        same!("account_entries", "account_id", "payments", "payment_id", "account_id");
    ENTRY_LINE "upkeep.account_entries_line" "account_entries" "line_id, whose order"
        same!("account_entries", "order_id", "lines", "line_id", "order_id");
    RECEIPT_ORDER "upkeep.receipts_order" "receipts" "order_id"
        same!("receipts", "order_id", "checks", "check_id", "order_id");
    RECEIPT_ORIGINAL "upkeep.receipts_original" "receipts" "check_id"
        same!("receipts", "check_id", "receipts", "original_id", "check_id");
    RECEIPT_REFUND "upkeep.receipts_refund" "receipts" "check_id"
        same!("receipts", "check_id", "refunds", "refund_id", "check_id");
    RECEIPT_PAYMENT "upkeep.receipts_payment" "receipts" "check_id"
        same!("receipts", "check_id", "payments", "payment_id", "check_id");
    TAX_LINE "upkeep.check_taxes_line" "check_taxes" "check_id"
        same!("check_taxes", "check_id", "lines", "line_id", "check_id");
    DISCOUNT_LINE "upkeep.check_discounts_line" "check_discounts" "line_id, whose order"
        "select d.id, l.order_id, c.order_id from check_discounts d join lines l on l.id = d.line_id
         join checks c on c.id = d.check_id where l.order_id <> c.order_id and d.removed = 0 and c.joined_into is null";
    DISCOUNT_TARGET "upkeep.check_discounts_target" "check_discount_targets" "target_id"
        "select t.check_discount_id, t.target_id, 'one of ' || d.applies_to
         from check_discount_targets t join check_discounts d on d.id = t.check_discount_id
         where d.applies_to = 'lines' and not exists (select 1 from lines l where l.id = t.target_id)
            or d.applies_to = 'categories' and not exists (select 1 from categories c where c.id = t.target_id)";
    TICKET_ORDER "upkeep.ticket_lines_order" "ticket_lines" "order_id"
        "select a.id, a.order_id, b.order_id from ticket_lines a join tickets b on b.id = a.ticket_id
         where a.moved = 0 and a.order_id <> b.order_id
           -- all that stands of it went there
           and not exists (select 1 from ticket_lines m where m.ticket_id = b.id and m.order_id = b.order_id and m.moved = 1)";
    TICKET_LINE "upkeep.ticket_lines_moved" "ticket_lines" "delta, over all orders a dish went to"
        "select line_id, sum(delta), 0 from ticket_lines where moved = 1 group by line_id having sum(delta) <> 0";
    ADJUSTMENT_LINE "upkeep.adjustments_line" "adjustments" "order_id"
        same!("adjustments", "order_id", "lines", "line_id", "order_id");
    UNRESOLVED_ORDER "upkeep.unresolved_order" "unresolved_payments" "order_id"
        "select u.payment_id, u.order_id, p.order_id from unresolved_payments u join payments p on p.id = u.payment_id
         where u.order_id <> p.order_id";
    KEY_ITEM "upkeep.keys_item" "day_totals" "key" key!("item", "items", "charges");
    KEY_VARIANT "upkeep.keys_variant" "day_totals" "key" key!("variant", "variants", "charges");
    KEY_CATEGORY "upkeep.keys_category" "day_totals" "key" key!("category", "categories", "charges");
    KEY_STAFF "upkeep.keys_staff" "day_totals" "key" key!("staff", "staff", "none");
    KEY_KIND "upkeep.keys_kind" "day_totals" "key" word!("kind", "'dine_in', 'takeaway', 'delivery'");
    KEY_TENDER "upkeep.keys_tender" "day_totals" "key"
        word!("tender", "'cash', 'card', 'meal_voucher', 'gift_voucher', 'house_account', 'deposit', 'online', 'write_off', 'other'");
    Z_NUMBER "upkeep.z_number" "z_totals" "z_number"
        "select distinct z.z_number || ' ' || z.dim, z.z_number, 'at most ' || coalesce((select number from z_current), 1)
         from z_totals z where z.z_number not between 1 and coalesce((select number from z_current), 1)";
    SOLD_OUT "upkeep.availability_subject" "availability" "subject_id"
        "select a.kind || ' ' || a.subject_id, a.subject_id, 'the id of one' from availability a
         where not case a.kind when 'item' then exists (select 1 from items i where i.id = a.subject_id)
           when 'variant' then exists (select 1 from variants v where v.id = a.subject_id)
           else exists (select 1 from options o where o.id = a.subject_id) end";
    RECORD_DEVICE "upkeep.journal_device" "journal" "device"
        "select j.seq, j.device, 'the id of one' from journal j
         where j.device is not null and not exists (select 1 from devices d where d.id = j.device)";
    RECORD_STAFF "upkeep.journal_staff" "journal" "staff"
        "select j.seq, j.staff, 'the id of one' from journal j
         where j.staff is not null and not exists (select 1 from staff s where s.id = j.staff)";
}

/// Whether it is archived or not.
pub static CATEGORY_NAME: Statement =
    Statement::new("upkeep.category_name", "select name from categories where id = ?1");

/// Item and variant of that variant or, without one, of that item, as it is called now.
pub static DISH_NAME: Statement = Statement::new(
    "upkeep.dish_name",
    "select i.name, v.name from variants v join items i on i.id = v.item_id where v.id = ?1 or v.item_id = ?2 limit 1",
);

/// Orders there are, whatever became of them.
pub static ORDERS: Statement =
    Statement::new("upkeep.orders", "select coalesce(sum(n), 0) from order_months").scanning("a row a month and state");
