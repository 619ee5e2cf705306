//! Modifier groups and their options.

use crate::cache::Tag;
use crate::error::{Fault, Refusal, Refused, Result};
use crate::journal::{self, Kind, Stamp};
use crate::kernel::ids::{GroupId, OptionId};
use crate::kernel::invalid::Invalid;
use crate::menu::model::{Choice, Group, GroupChange, NewGroup, NewOption, OptionChange, Subject, choices};
use crate::menu::sql;
use crate::store::{Read, Tx};

use super::record::{self, Edit};
use super::stock;

pub fn add_group(tx: &Tx<'_>, stamp: &Stamp, new: &NewGroup) -> Result<Group> {
    let id = GroupId::new(tx.insert(&sql::GROUP_ADD, (&new.name, new.min, new.max))?);
    for (position, option) in new.options.iter().enumerate() {
        add_option(tx, id, position, option)?;
    }
    written(tx, stamp, Edit::Added, id)
}

/// Changes what `change` names. Options that its list leaves out are archived.
pub fn change_group(tx: &Tx<'_>, stamp: &Stamp, id: GroupId, change: GroupChange) -> Result<Group> {
    let was = get(tx, stamp, id)?;
    let (min, max) = (change.min.unwrap_or(was.min), change.max.unwrap_or(was.max));
    let count = change.options.as_ref().map_or(was.options.len(), Vec::len);
    choices(min, max, count).map_err(|(pointer, invalid)| Refused::input(pointer, invalid))?;
    tx.run(&sql::GROUP_SET, (id, change.name.as_ref().unwrap_or(&was.name), min, max))?;
    if let Some(options) = change.options {
        put_options(tx, id, &was.options, options)?;
    }
    written(tx, stamp, Edit::Changed, id)
}

/// Archives it, unless an item still offers it.
pub fn remove_group(tx: &Tx<'_>, stamp: &Stamp, id: GroupId) -> Result<()> {
    let group = get(tx, stamp, id)?;
    if let Some(item) = tx.opt(&sql::GROUP_USED, (id,), sql::text)? {
        return Err(Refusal::InUse.because(format!("{} is still offered with {item}.", group.name)).into());
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
    tx.insert(&sql::OPTION_ADD, (group, &new.name, new.price, new.allergens.join(","), position as i64))?;
    Ok(())
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
            OptionChange::Keep { id, name, price, allergens } => {
                let Some(old) = was.iter().find(|option| option.id == id) else {
                    let pointer = format!("/options/{position}/id");
                    let detail = format!("This group has no option {id}.");
                    return Err(Refused::input(pointer, Invalid::new("unknown", detail)).into());
                };
                let name = name.as_ref().unwrap_or(&old.name);
                let allergens = allergens.as_ref().unwrap_or(&old.allergens).join(",");
                tx.run(&sql::OPTION_SET, (id, name, price.unwrap_or(old.price), allergens, position as i64))?;
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
    tx.run(&sql::GROUP_EDITED, (group.id, version))?;
    tx.touch(Tag::Menu);
    journal::ops::append(tx, stamp, Kind::MenuChanged, group.id.get(), version, &record::group(edit, group))?;
    Ok(())
}
