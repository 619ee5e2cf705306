//! What of a combo is its parts' business.

use super::Line;

impl Line {
    /// Whether it is kept from the kitchen; of a combo its parts are.
    pub fn is_held(&self) -> bool {
        self.hold && !self.combo
    }
}
