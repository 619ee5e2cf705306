//! A disk that keeps what was synced and may keep, lose or spoil the rest.
//!
//! What is assumed of it, and no more: a sync that returned is kept; a sector, of 512 or 4096 bytes, is written
//! whole or not, or comes out as garbage, each one for itself and in any order; garbage is all of it, also what
//! stood there before and was synced, and what the write did not touch (no "powersafe overwrite",
//! <https://www.sqlite.org/psow.html>); a file's name is there for certain once its folder was synced.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::Path;
use std::rc::Rc;

use crate::dice::Dice;
use crate::recorder::Event;

const SECTORS: [usize; 2] = [512, 4096];

/// Files by their names, as a machine finds them when the power is back.
pub type Image = BTreeMap<String, Vec<u8>>;

/// What is left beside that which was synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Left {
    Nothing,
    SomeSectors,
    SomeSectorsAndGarbage,
}

impl Left {
    pub const ALL: [Left; 3] = [Self::Nothing, Self::SomeSectors, Self::SomeSectorsAndGarbage];
}

#[derive(Debug, Clone)]
enum Change {
    Wrote { at: usize, bytes: Rc<[u8]> },
    Cut(usize),
}

#[derive(Debug, Clone, Default)]
struct File {
    synced: Vec<u8>,
    /// Since then.
    changes: Vec<Change>,
    /// As the running machine sees it.
    now: Vec<u8>,
}

#[derive(Debug, Clone)]
enum Naming {
    Made { name: String, file: usize },
    Renamed { from: String, to: String },
    Gone { name: String },
}

type Names = BTreeMap<String, usize>;

#[derive(Debug, Clone, Default)]
pub struct Disk {
    files: Vec<File>,
    by_inode: HashMap<u64, usize>,
    names: Names,
    synced_names: Names,
    /// Since the folder was synced.
    namings: Vec<Naming>,
}

fn put(file: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    if file.len() < at + bytes.len() {
        file.resize(at + bytes.len(), 0);
    }
    file[at..at + bytes.len()].copy_from_slice(bytes);
}

impl Change {
    fn apply(&self, file: &mut Vec<u8>) {
        match self {
            Self::Wrote { at, bytes } => put(file, *at, bytes),
            Self::Cut(bytes) => file.resize(*bytes, 0),
        }
    }

    /// Sector by sector: kept, lost, or spoilt.
    fn apply_in_part(&self, file: &mut Vec<u8>, sector: usize, kept: u64, spoilt: u64, dice: &mut Dice) {
        let (at, bytes) = match self {
            Self::Cut(_) if dice.percent(kept) => return self.apply(file),
            Self::Cut(_) => return,
            Self::Wrote { at, bytes } => (*at, bytes),
        };
        let end = at + bytes.len();
        let mut from = at;
        while from < end {
            let begin = from / sector * sector;
            let to = (begin + sector).min(end);
            if dice.percent(spoilt) {
                // As far as the file reaches.
                let until = (begin + sector).min(file.len()).max(to);
                put(file, begin, &dice.bytes(until - begin));
            } else if dice.percent(kept) {
                put(file, from, &bytes[from - at..to - at]);
            }
            from = to;
        }
    }
}

impl Naming {
    fn apply(&self, names: &mut Names) {
        match self {
            Self::Made { name, file } => drop(names.insert(name.clone(), *file)),
            Self::Renamed { from, to } => {
                if let Some(file) = names.remove(from) {
                    names.insert(to.clone(), file);
                }
            }
            Self::Gone { name } => drop(names.remove(name)),
        }
    }
}

impl Disk {
    /// What lies in a folder, all of it synced.
    pub fn of(folder: &Path) -> Self {
        let mut disk = Self::default();
        for (name, bytes) in read(folder) {
            disk.names.insert(name, disk.files.len());
            disk.files.push(File { synced: bytes.clone(), changes: Vec::new(), now: bytes });
        }
        disk.synced_names = disk.names.clone();
        disk
    }

    /// Another process goes on with what the folder shows: what the one before it wrote at the moment of
    /// its kill, and could not log, is there, and not synced.
    pub fn goes_on(&mut self, folder: &Image) {
        self.by_inode.clear();
        for (name, bytes) in folder {
            if !self.names.contains_key(name) {
                self.name(Naming::Made { name: name.clone(), file: self.files.len() });
                self.files.push(File::default());
            }
            let file = self.names[name];
            if &self.files[file].now != bytes {
                self.change(file, Change::Cut(bytes.len()));
                self.change(file, Change::Wrote { at: 0, bytes: bytes.as_slice().into() });
            }
        }
        for name in self.names.keys().filter(|name| !folder.contains_key(*name)).cloned().collect::<Vec<_>>() {
            self.name(Naming::Gone { name });
        }
    }

    fn name(&mut self, naming: Naming) {
        naming.apply(&mut self.names);
        self.namings.push(naming);
    }

    fn change(&mut self, file: usize, change: Change) {
        change.apply(&mut self.files[file].now);
        self.files[file].changes.push(change);
    }

    fn file(&self, inode: u64) -> usize {
        *self.by_inode.get(&inode).expect("a file is opened before it is written")
    }

    pub fn follow(&mut self, event: &Event) {
        match event {
            Event::Opened { inode, made, name } => {
                if *made {
                    self.name(Naming::Made { name: name.clone(), file: self.files.len() });
                    self.files.push(File::default());
                }
                let file = *self.names.get(name).unwrap_or_else(|| panic!("{name} was never made"));
                self.by_inode.insert(*inode, file);
            }
            Event::Wrote { inode, at, bytes } => {
                self.change(self.file(*inode), Change::Wrote { at: *at, bytes: Rc::clone(bytes) });
            }
            Event::Cut { inode, bytes } => self.change(self.file(*inode), Change::Cut(*bytes)),
            Event::Synced { inode } => {
                let file = self.file(*inode);
                let File { synced, changes, .. } = &mut self.files[file];
                changes.drain(..).for_each(|change| change.apply(synced));
            }
            Event::FolderSynced => {
                self.namings.clear();
                self.synced_names = self.names.clone();
            }
            Event::Renamed { from, to } => self.name(Naming::Renamed { from: from.clone(), to: to.clone() }),
            Event::Gone { name } => self.name(Naming::Gone { name: name.clone() }),
            Event::Said { .. } => {}
        }
    }

    /// As the running machine sees it.
    pub fn now(&self) -> Image {
        self.names.iter().map(|(name, file)| (name.clone(), self.files[*file].now.clone())).collect()
    }

    /// What could be found after a cut at this moment.
    pub fn image(&self, left: Left, dice: &mut Dice) -> Image {
        // Drives differ: one has written nearly all, another nearly nothing.
        let kept = if left == Left::Nothing { 0 } else { *dice.pick(&[10, 50, 90, 100]) };
        let spoilt = if left == Left::SomeSectorsAndGarbage { *dice.pick(&[2, 10, 40]) } else { 0 };
        let sector = *dice.pick(&SECTORS);
        let mut names = self.synced_names.clone();
        let namings = *dice.pick(&[0, 50, 100]);
        for naming in &self.namings {
            if left != Left::Nothing && dice.percent(namings) {
                naming.apply(&mut names);
            }
        }
        let mut image = Image::new();
        for (name, file) in names {
            let File { synced, changes, .. } = &self.files[file];
            let mut bytes = synced.clone();
            if left != Left::Nothing {
                changes.iter().for_each(|change| change.apply_in_part(&mut bytes, sector, kept, spoilt, dice));
            }
            image.insert(name, bytes);
        }
        image
    }
}

/// Every plain file of a folder but shared memory, which is no file, and the room that is held for a full disk.
pub fn read(folder: &Path) -> Image {
    let mut image = Image::new();
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().to_string_lossy().into_owned();
        let counts = !name.ends_with("-shm") && !name.ends_with(".reserve");
        if entry.file_type().unwrap().is_file() && counts {
            image.insert(name, fs::read(entry.path()).unwrap());
        }
    }
    image
}

/// Lays an image out in a folder of its own, in place of whatever is there.
pub fn write(image: &Image, folder: &Path) {
    let _ = fs::remove_dir_all(folder);
    fs::create_dir_all(folder).unwrap();
    for (name, bytes) in image {
        fs::write(folder.join(name), bytes).unwrap();
    }
}
