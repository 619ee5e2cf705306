use super::model::{APPROVAL_MS, Approval, NotGood, Size, Standing, Use, operation, standing, subject};
use crate::kernel::day::UtcMs;
use crate::kernel::ids::{DeviceId, StaffId};
use crate::kernel::money::Money;
use crate::kernel::permission::{Permission, Role};
use crate::kernel::rate::Rate;
use crate::settings::model::{Limit, Limits};

fn euros(minor: i64) -> Size {
    Size::Amount(Money::new(minor))
}

fn percent(text: &str) -> Size {
    Size::Percent(Rate::parse(text).unwrap())
}

#[test]
fn who_may_how_much() {
    use Permission::{Comp, CorrectPayment, Discount, NoSale, PriceOverride, Refund, TakePayment, VoidOrder, VoidSent};
    // The limits as a house begins, then as they are set here.
    let mut set = Limits::new();
    let numbers = [
        (Limit::DiscountPercent, Some(100_000)),
        (Limit::DiscountAmount, Some(500)),
        (Limit::DiscountPercentMax, Some(250_000)),
        (Limit::DiscountAmountMax, Some(2000)),
        (Limit::VoidSent, Some(1000)),
        (Limit::Comp, None),
        (Limit::Refund, Some(1)),
        (Limit::NoSale, None),
    ];
    numbers.into_iter().for_each(|(limit, most)| set.set(limit, most));
    let check = |role: Role, permission: Permission, size: Size, at_first: &str, then: &str| {
        let told = |limits: &Limits| match standing(role, permission, size, limits) {
            Standing::Own => "own".to_owned(),
            Standing::Free => "free".to_owned(),
            Standing::Asks(crossed) => format!("asks, {} {}", crossed.limit.as_str(), crossed.most),
            Standing::Never => "never".to_owned(),
        };
        let what = format!("{role:?} {permission:?} {size:?}");
        assert_eq!((told(&Limits::new()).as_str(), told(&set).as_str()), (at_first, then), "{what}");
    };
    let (waiter, cashier) = (Role::Waiter, Role::Cashier);
    check(waiter, Discount, percent("10"), "asks, discount_percent 0", "free");
    check(waiter, Discount, percent("10.0001"), "asks, discount_percent 0", "asks, discount_percent 100000");
    check(waiter, Discount, euros(500), "asks, discount_amount 0", "free");
    check(waiter, Discount, euros(501), "asks, discount_amount 0", "asks, discount_amount 500");
    check(cashier, Discount, percent("25"), "own", "own");
    check(cashier, Discount, percent("25.5"), "own", "asks, discount_percent_max 250000");
    check(cashier, Discount, euros(2000), "own", "own");
    check(cashier, Discount, euros(2001), "own", "asks, discount_amount_max 2000");
    for role in [waiter, cashier] {
        check(role, VoidSent, euros(1000), "asks, void_sent 0", "free");
        check(role, VoidSent, euros(1001), "asks, void_sent 0", "asks, void_sent 1000");
        check(role, Comp, euros(i64::MAX), "asks, comp 0", "free");
        check(role, Refund, euros(1), "asks, refund 0", "free");
        check(role, Refund, euros(2), "asks, refund 0", "asks, refund 1");
        check(role, VoidOrder, euros(1), "asks, void_order 0", "asks, void_order 0");
        // Nothing passes zero, be it worth nothing.
        check(role, VoidOrder, euros(0), "asks, void_order 0", "asks, void_order 0");
        check(role, VoidSent, euros(0), "asks, void_sent 0", "free");
        check(role, PriceOverride, euros(1), "asks, price_override 0", "asks, price_override 0");
        check(role, CorrectPayment, euros(1), "asks, correct_payment 0", "asks, correct_payment 0");
        check(role, TakePayment, euros(1), "own", "own");
        check(role, Permission::CloseDay, Size::Whole, "never", "never");
    }
    check(waiter, NoSale, Size::Whole, "asks, no_sale 0", "free");
    check(cashier, NoSale, Size::Whole, "own", "own");
    for permission in Permission::ALL.iter().filter(|permission| permission.approvable()) {
        for size in [euros(i64::MAX), percent("100"), Size::Whole] {
            check(Role::Owner, *permission, size, "own", "own");
            check(Role::Manager, *permission, size, "own", "own");
            check(Role::Kitchen, *permission, size, "never", "never");
            check(Role::Auditor, *permission, size, "never", "never");
            assert_ne!(standing(waiter, *permission, size, &Limits::new()), Standing::Never, "{permission:?}");
        }
    }
    // A cashier never may less than a waiter.
    let mut odd = Limits::new();
    odd.set(Limit::DiscountPercent, Some(300_000));
    odd.set(Limit::DiscountPercentMax, Some(100_000));
    assert_eq!(standing(cashier, Discount, percent("30"), &odd), Standing::Own);
    assert!(matches!(standing(cashier, Discount, percent("31"), &odd), Standing::Asks(_)));
}

#[test]
fn what_a_yes_is_good_for() {
    let given = Approval {
        id: 1,
        operation: "comp".to_owned(),
        subject: "/orders/1/lines/2".to_owned(),
        approved_by: StaffId::new(2),
        device: DeviceId::new(4),
        staff: StaffId::new(4),
        granted_at: UtcMs::new(1_000_000),
        used_at: None,
    };
    let wanted = |operation, subject, device, staff, after_ms| Use {
        operation,
        subject,
        device: Some(DeviceId::new(device)),
        staff: Some(StaffId::new(staff)),
        now: given.granted_at.plus_ms(after_ms),
    };
    let check = |wanted: Use<'_>, good: Result<(), NotGood>| assert_eq!(given.good_for(&wanted), good, "{wanted:?}");
    let line = "/orders/1/lines/2";
    check(wanted(Permission::Comp, line, 4, 4, 0), Ok(()));
    check(wanted(Permission::Comp, line, 4, 4, APPROVAL_MS), Ok(()));
    check(wanted(Permission::Comp, line, 4, 4, APPROVAL_MS + 1), Err(NotGood::Expired));
    // A clock that was set back by a little, and by a lot.
    check(wanted(Permission::Comp, line, 4, 4, -1000), Ok(()));
    check(wanted(Permission::Comp, line, 4, 4, -APPROVAL_MS - 1), Err(NotGood::Expired));
    check(wanted(Permission::VoidSent, line, 4, 4, 0), Err(NotGood::OtherOperation));
    check(wanted(Permission::Comp, "/orders/1/lines/3", 4, 4, 0), Err(NotGood::OtherSubject));
    check(wanted(Permission::Comp, "/orders/1", 4, 4, 0), Err(NotGood::OtherSubject));
    check(wanted(Permission::Comp, line, 5, 4, 0), Err(NotGood::OtherDevice));
    check(wanted(Permission::Comp, line, 4, 5, 0), Err(NotGood::OtherStaff));
    check(Use { staff: None, ..wanted(Permission::Comp, line, 4, 4, 0) }, Err(NotGood::OtherStaff));
    let used = Approval { used_at: Some(given.granted_at), ..given.clone() };
    assert_eq!(used.good_for(&wanted(Permission::Comp, line, 4, 4, 1)), Err(NotGood::Used));
}

#[test]
fn what_can_be_asked_for() {
    for (text, good) in [
        ("/orders/1", true),
        ("/orders/12/lines/34", true),
        ("/payments/7", true),
        ("/orders/12/service-charges/3", true),
        ("/orders/12/lines/34/comp", false),
        ("/orders", false),
        ("orders/1", false),
        ("/api/v1/orders/1", false),
        ("/orders//1", false),
        ("/orders/1/", false),
        ("/orders/1?x=2", false),
        ("/Orders/1", false),
        ("/", false),
        ("", false),
        ("1", false),
        ("/orders/1/lines/2/../../3", false),
        (&format!("/orders/{}", "1".repeat(100)), false),
    ] {
        assert_eq!(subject(text).is_ok(), good, "{text}");
    }
    for word in
        ["comp", "void_sent", "discount", "refund", "void_order", "correct_payment", "price_override", "no_sale"]
    {
        assert_eq!(operation(word).map(Permission::as_str), Ok(word));
    }
    for word in ["take_orders", "close_day", "edit_staff", "Comp", "", "void"] {
        assert_eq!(operation(word).unwrap_err().code, "unknown_value", "{word}");
    }
}
