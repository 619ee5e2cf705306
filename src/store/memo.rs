//! What the writer remembers of rows that hardly ever change: a dish, a tax rate, a setting.
//!
//! Every order would otherwise read them again. The writer is the only one who changes them, and
//! whoever does says so by touching their tag ([`super::Tx::touch`]); so what is remembered under a
//! tag is true until a job touches that tag. The traps:
//! - a job that touched a tag may still be rolled back: until it ended nothing is remembered under
//!   that tag, neither the old rows nor the new;
//! - a job may read what it wrote and be rolled back before it touches anything: what it remembered
//!   goes with it;
//! - a batch that is lost takes everything with it.
//!
//! Heads of chains and counters are never remembered: they are read again at each use. A build with
//! debug assertions reads everything again at each use too, and compares.

use std::any::Any;
use std::collections::HashMap;
use std::rc::Rc;

use crate::cache::Tag;

/// More than the variants of a long menu; beyond it a tag's are forgotten, so that memory stays bounded.
const ENTRIES_MAX: usize = 4096;

/// A statement's number, and the id it was asked with.
type Key = (usize, i64);

type OfTag = HashMap<Key, Rc<dyn Any>>;

#[derive(Default)]
pub struct Memo {
    /// A handful of tags.
    kept: Vec<(Tag, OfTag)>,
    /// Remembered by the job that runs.
    fresh: Vec<(Tag, Key)>,
    /// Touched by the job that runs.
    touched: Vec<Tag>,
}

impl Memo {
    pub(super) fn get<T: 'static>(&self, tag: Tag, key: Key) -> Option<Rc<T>> {
        let (_, of_tag) = self.kept.iter().find(|(of, _)| *of == tag)?;
        Rc::clone(of_tag.get(&key)?).downcast().ok()
    }

    pub(super) fn keep<T: 'static>(&mut self, tag: Tag, key: Key, value: &Rc<T>) {
        if self.touched.contains(&tag) {
            return;
        }
        let of_tag = self.of(tag);
        if of_tag.len() >= ENTRIES_MAX {
            of_tag.clear();
        }
        of_tag.insert(key, Rc::<T>::clone(value));
        self.fresh.push((tag, key));
    }

    fn of(&mut self, tag: Tag) -> &mut OfTag {
        let at = self.kept.iter().position(|(of, _)| *of == tag).unwrap_or_else(|| {
            self.kept.push((tag, HashMap::new()));
            self.kept.len() - 1
        });
        &mut self.kept[at].1
    }

    /// The job that runs changed what stands under `tag`.
    pub(super) fn touch(&mut self, tag: Tag) {
        // Whatever is of an item is remembered under the menu.
        let tag = if matches!(tag, Tag::Item(_)) { Tag::Menu } else { tag };
        self.kept.retain(|(of, _)| *of != tag);
        self.touched.push(tag);
    }

    /// The job ended, and what it did stands or not.
    pub(super) fn job_ended(&mut self, stands: bool) {
        if !stands {
            for (tag, key) in std::mem::take(&mut self.fresh) {
                self.of(tag).remove(&key);
            }
        }
        self.fresh.clear();
        self.touched.clear();
    }

    /// Nothing of the batch stands.
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }
}
