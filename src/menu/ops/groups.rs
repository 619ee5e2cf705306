//! Modifier groups and their options.

use crate::cache::Tag;
use crate::error::{Fault, Faults, Refusal, Refused, Result};
use crate::journal::{self, Kind, Stamp};
use crate::kernel::ids::{GroupId, OptionId};
use crate::kernel::invalid::Invalid;
use crate::menu::model::{
    Choice, Group, GroupChange, LEVELS_MAX, NewGroup, NewOption, OptionChange, Subject, choices, levels,
};
use crate::menu::sql;
use crate::store::{Read, Tx};

use super::record::{self, Edit};
use super::{missing, stock};

pub fn add_group(tx: &Tx<'_>, stamp: &Stamp, new: &NewGroup) -> Result<Group> {
    let id = GroupId::new(tx.insert(&sql::GROUP_ADD, (&new.name, new.min, new.max, new.free_quantity))?);
    for (position, option) in new.options.iter().enumerate() {
        add_option(tx, id, position, option)?;
    }
    must_end(tx)?;
    written(tx, stamp, Edit::Added, id)
}

/// Changes what `change` names. Options that its list leaves out are archived.
pub fn change_group(tx: &Tx<'_>, stamp: &Stamp, id: GroupId, change: GroupChange) -> Result<Group> {
    let was = get(tx, stamp, id)?;
    let (min, max) = (change.min.unwrap_or(was.min), change.max.unwrap_or(was.max));
    let count = change.options.as_ref().map_or(was.options.len(), Vec::len);
    choices(min, max, count).map_err(|(pointer, invalid)| Refused::input(pointer, invalid))?;
    let free = change.free_quantity.unwrap_or(was.free_quantity);
    tx.run(&sql::GROUP_SET, (id, change.name.as_ref().unwrap_or(&was.name), min, max, free))?;
    if let Some(options) = change.options {
        put_options(tx, id, &was.options, options)?;
        must_end(tx)?;
    }
    written(tx, stamp, Edit::Changed, id)
}

/// Archives it, unless an item still offers it.
pub fn remove_group(tx: &Tx<'_>, stamp: &Stamp, id: GroupId) -> Result<()> {
    let group = get(tx, stamp, id)?;
    if let Some(item) = tx.opt(&sql::GROUP_USED, (id,), sql::text)? {
        return Err(Refusal::InUse.because(format!("{} is still offered with {item}.", group.name)).into());
    }
    if let Some(option) = tx.opt(&sql::nested::GROUP_OPENED, (id,), sql::text)? {
        return Err(Refusal::InUse.because(format!("{} is still opened by {option}.", group.name)).into());
    }
    for option in &group.options {
        archive_option(tx, option.id)?;
    }
    tx.run(&sql::GROUP_ARCHIVE, (id,))?;
    record(tx, stamp, Edit::Archived, &group)
}

fn get(tx: &Tx<'_>, stamp: &Stamp, id: GroupId) -> Result<Group> {
    let found = super::group(tx, id, stamp.at)?;
    found.ok_or_else(|| Refusal::NotFound.because(format!("There is no modifier group {id}.")).into())
}

fn add_option(tx: &Tx<'_>, group: GroupId, position: usize, new: &NewOption) -> Result<()> {
    let (allergens, mode) = (new.allergens.join(","), new.mode.as_str());
    let id = tx.insert(&sql::OPTION_ADD, (group, &new.name, new.price, allergens, position as i64, mode))?;
    put_opened(tx, OptionId::new(id), position, &new.groups)
}

/// The groups that an option opens, from now on these.
fn put_opened(tx: &Tx<'_>, option: OptionId, position: usize, groups: &[GroupId]) -> Result<()> {
    let mut faults = Faults::new();
    for (place, group) in groups.iter().enumerate() {
        match tx.opt(&sql::GROUP, (*group,), sql::number)? {
            Some(_) => drop(tx.run(&sql::nested::OPTION_GROUP_ADD, (option, group, place as i64))?),
            None => {
                let pointer = format!("/options/{position}/modifier_groups/{place}");
                faults.push(pointer, missing("modifier group", group));
            }
        }
    }
    faults.finish()
}

/// Refuses groups that open each other in a circle, or too many one inside the other.
fn must_end(tx: &Tx<'_>) -> Result<()> {
    let why = match levels(&tx.all(&sql::nested::GROUP_OPENS, (), sql::nested::opens)?) {
        Some(deep) if deep <= LEVELS_MAX => return Ok(()),
        Some(_) => format!("at most {LEVELS_MAX} groups stand one inside the other"),
        None => "a group cannot open itself, nor what leads back to it".to_owned(),
    };
    Err(Refused::input("/options", Invalid::new("nested_too_deep", why)).into())
}

/// Makes the list of a group's options what `list` says, in its order.
fn put_options(tx: &Tx<'_>, group: GroupId, was: &[Choice], list: Vec<OptionChange>) -> Result<()> {
    let kept = |id: OptionId| list.iter().any(|entry| matches!(entry, OptionChange::Keep { id: k, .. } if *k == id));
    for option in was.iter().filter(|option| !kept(option.id)) {
        archive_option(tx, option.id)?;
    }
    for (position, entry) in list.into_iter().enumerate() {
        match entry {
            OptionChange::Add(new) => add_option(tx, group, position, &new)?,
            OptionChange::Keep { id, name, price, mode, allergens, groups } => {
                let Some(old) = was.iter().find(|option| option.id == id) else {
                    let pointer = format!("/options/{position}/id");
                    let detail = format!("This group has no option {id}.");
                    return Err(Refused::input(pointer, Invalid::new("unknown", detail)).into());
                };
                let name = name.as_ref().unwrap_or(&old.name);
                let allergens = allergens.as_ref().unwrap_or(&old.allergens).join(",");
                let (price, mode) = (price.unwrap_or(old.price), mode.unwrap_or(old.mode).as_str());
                tx.run(&sql::OPTION_SET, (id, name, price, allergens, position as i64, mode))?;
                if let Some(groups) = groups {
                    tx.run(&sql::nested::OPTION_GROUPS_CLEAR, (id,))?;
                    put_opened(tx, id, position, &groups)?;
                }
            }
        }
    }
    Ok(())
}

fn archive_option(tx: &Tx<'_>, id: OptionId) -> Result<()> {
    stock::forget(tx, Subject::Option(id))?;
    tx.run(&sql::OPTION_ARCHIVE, (id,))?;
    Ok(())
}

fn written(tx: &Tx<'_>, stamp: &Stamp, edit: Edit, id: GroupId) -> Result<Group> {
    let group =
        super::group(tx, id, stamp.at)?.ok_or_else(|| Fault::new(format!("group {id} is gone after its edit")))?;
    record(tx, stamp, edit, &group)?;
    Ok(group)
}

fn record(tx: &Tx<'_>, stamp: &Stamp, edit: Edit, group: &Group) -> Result<()> {
    let version = super::bump(tx)?;
    tx.run(&sql::nested::GROUP_EDITED, (group.id, version))?;
    tx.touch(Tag::Menu);
    journal::ops::append(tx, stamp, Kind::MenuChanged, group.id.get(), version, &record::group(edit, group))?;
    Ok(())
}
