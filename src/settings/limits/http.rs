//! The limits on the wire: `approvals` of the settings.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::model::{self, Limit, Limits, Most};
use crate::error::Faults;
use crate::kernel::invalid::Invalid;
use crate::kernel::money::Money;
use crate::kernel::rate::Rate;
use crate::web::body::present;

/// How much whoever takes orders may do without a manager's yes, though their role lacks the permission:
/// amounts in minor units, percentages as decimal strings, up to and including each. 0: nothing; null:
/// anything. Owners and managers are never bound.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::settings) struct ApprovalLimitsView {
    /// Percentages on the same dishes add up.
    discount_percent: Option<String>,
    /// Amounts taken off one check, which add up; a service charge taken off, or a printed bill made
    /// cheaper by its guests, is one too.
    discount_amount: Option<i64>,
    /// Above it somebody whose role gives discounts, a cashier, needs a manager's yes too.
    discount_percent_max: Option<String>,
    discount_amount_max: Option<i64>,
    /// What was voided of one order after it was sent or billed.
    void_sent: Option<i64>,
    /// What was given away of one order.
    comp: Option<i64>,
    /// What goes back of one payment.
    refund: Option<i64>,
    /// An order of which something was sent or billed.
    void_order: Option<i64>,
    /// How far a line's amount comes to lie from the menu's price, up or down.
    price_override: Option<i64>,
    /// Another tender on a payment, a write-off, a tip above all that was paid.
    correct_payment: Option<i64>,
    /// Has no size: 0 or null.
    no_sale: Option<i64>,
}

impl ApprovalLimitsView {
    pub(in crate::settings) fn of(limits: &Limits) -> Self {
        let percent = |limit| limits.percent(limit).map(|rate| rate.to_string());
        let amount = |limit| limits.amount(limit).map(Money::minor);
        Self {
            discount_percent: percent(Limit::DiscountPercent),
            discount_amount: amount(Limit::DiscountAmount),
            discount_percent_max: percent(Limit::DiscountPercentMax),
            discount_amount_max: amount(Limit::DiscountAmountMax),
            void_sent: amount(Limit::VoidSent),
            comp: amount(Limit::Comp),
            refund: amount(Limit::Refund),
            void_order: amount(Limit::VoidOrder),
            price_override: amount(Limit::PriceOverride),
            correct_payment: amount(Limit::CorrectPayment),
            no_sale: amount(Limit::NoSale),
        }
    }
}

/// What shall be different; what is absent stays, and null takes the limit away.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::settings) struct ChangeApprovalLimits {
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    discount_percent: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<i64>)]
    discount_amount: Option<Option<i64>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    discount_percent_max: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<i64>)]
    discount_amount_max: Option<Option<i64>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<i64>)]
    void_sent: Option<Option<i64>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<i64>)]
    comp: Option<Option<i64>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<i64>)]
    refund: Option<Option<i64>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<i64>)]
    void_order: Option<Option<i64>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<i64>)]
    price_override: Option<Option<i64>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<i64>)]
    correct_payment: Option<Option<i64>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<i64>)]
    no_sale: Option<Option<i64>>,
}

impl ChangeApprovalLimits {
    pub(in crate::settings) fn parse(self, faults: &mut Faults) -> Vec<(Limit, Most)> {
        let mut wanted = Vec::new();
        let percents =
            [(Limit::DiscountPercent, self.discount_percent), (Limit::DiscountPercentMax, self.discount_percent_max)];
        for (limit, sent) in percents {
            take(faults, &mut wanted, limit, sent, |text: String| Ok(Rate::parse_share(&text)?.ten_thousandths()));
        }
        let amounts = [
            (Limit::DiscountAmount, self.discount_amount),
            (Limit::DiscountAmountMax, self.discount_amount_max),
            (Limit::VoidSent, self.void_sent),
            (Limit::Comp, self.comp),
            (Limit::Refund, self.refund),
            (Limit::VoidOrder, self.void_order),
            (Limit::PriceOverride, self.price_override),
            (Limit::CorrectPayment, self.correct_payment),
        ];
        for (limit, sent) in amounts {
            take(faults, &mut wanted, limit, sent, |minor| Ok(Money::parse_not_negative(minor)?.minor()));
        }
        take(faults, &mut wanted, Limit::NoSale, self.no_sale, model::no_sale);
        wanted
    }
}

fn take<T>(
    faults: &mut Faults,
    wanted: &mut Vec<(Limit, Most)>,
    limit: Limit,
    sent: Option<Option<T>>,
    parse: impl FnOnce(T) -> Result<i64, Invalid>,
) {
    let pointer = || format!("/approvals/{}", limit.as_str());
    match sent {
        None => {}
        Some(None) => wanted.push((limit, None)),
        Some(Some(value)) => wanted.extend(faults.take(pointer(), parse(value)).map(|most| (limit, Some(most)))),
    }
}
