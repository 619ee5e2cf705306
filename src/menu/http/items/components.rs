//! What a combo consists of, on the wire.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::error::Faults;
use crate::kernel::ids::VariantId;
use crate::kernel::invalid::Invalid;
use crate::menu::model::{self, NewPart, NewPartKind, Part, PartDish, PartKind, parts_are_sound};

/// A dish that always comes with it (`variant_id`), or a choice among some.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ComponentBody {
    variant_id: Option<i64>,
    /// Its weight in the price; every component says one, or none does and each dish weighs its menu price.
    share: Option<i64>,
    choice: Option<ComponentChoiceBody>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ComponentChoiceBody {
    name: String,
    /// One unless told, as is `max`.
    min: Option<i64>,
    max: Option<i64>,
    options: Vec<ComponentOptionBody>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ComponentOptionBody {
    variant_id: i64,
    /// Minor units that choosing it adds to the price and to its own part.
    supplement: Option<i64>,
}

pub(super) fn parse(faults: &mut Faults, bodies: &[ComponentBody]) -> Vec<NewPart> {
    let parts: Vec<NewPart> = bodies.iter().enumerate().filter_map(|(at, body)| body.parse(faults, at)).collect();
    // Its places are those of the bodies only where each is a part.
    if parts.len() == bodies.len() {
        parts_are_sound(&parts).into_iter().for_each(|(pointer, invalid)| faults.push(pointer, invalid));
    }
    parts
}

impl ComponentBody {
    fn parse(&self, faults: &mut Faults, at: usize) -> Option<NewPart> {
        let what = match (self.variant_id, &self.choice) {
            (Some(id), None) => NewPartKind::Dish(VariantId::new(id)),
            (None, Some(choice)) => choice.parse(faults, at)?,
            _ => {
                let why = "a component is a variant_id, or a choice";
                faults.push(format!("/components/{at}"), Invalid::new("conflict", why));
                return None;
            }
        };
        Some(NewPart { share: self.share, what })
    }
}

impl ComponentChoiceBody {
    fn parse(&self, faults: &mut Faults, at: usize) -> Option<NewPartKind> {
        let name = faults.take(format!("/components/{at}/choice/name"), model::name(&self.name));
        let mut options = Vec::with_capacity(self.options.len());
        for (i, option) in self.options.iter().enumerate() {
            let pointer = format!("/components/{at}/choice/options/{i}/supplement");
            let supplement = faults.take(pointer, model::price(option.supplement.unwrap_or(0)));
            options.push((VariantId::new(option.variant_id), supplement?));
        }
        let min = self.min.unwrap_or(1);
        Some(NewPartKind::Choice { name: name?, min, max: self.max.unwrap_or(min.max(1)), options })
    }
}

/// A dish that always comes with it, or a choice.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ComponentView {
    #[serde(skip_serializing_if = "Option::is_none")]
    variant_id: Option<i64>,
    /// Null: it weighs its price on the menu.
    share: Option<i64>,
    available: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    choice: Option<ComponentChoiceView>,
}

#[derive(Debug, Serialize, ToSchema)]
struct ComponentChoiceView {
    id: i64,
    name: String,
    min: i64,
    max: i64,
    options: Vec<ComponentOptionView>,
}

#[derive(Debug, Serialize, ToSchema)]
struct ComponentOptionView {
    variant_id: i64,
    supplement: i64,
    available: bool,
}

impl ComponentView {
    pub(super) fn of(it: Part) -> Self {
        let available = it.available();
        let option = |dish: PartDish| ComponentOptionView {
            variant_id: dish.variant.get(),
            supplement: dish.supplement.minor(),
            available: dish.available,
        };
        let (variant_id, choice) = match it.what {
            PartKind::Dish(dish) => (Some(dish.variant.get()), None),
            PartKind::Choice { id, name, min, max, options } => {
                let options = options.into_iter().map(option).collect();
                (None, Some(ComponentChoiceView { id, name, min, max, options }))
            }
        };
        Self { variant_id, share: it.share, available, choice }
    }
}
