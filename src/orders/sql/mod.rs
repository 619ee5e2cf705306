//! Every statement of the orders domain, with its row mapper.

pub mod lines;
pub mod list;
pub mod money;
pub mod order;

use crate::store::Statement;

/// All of them, for the test that prepares and explains each.
pub fn all() -> Vec<&'static Statement> {
    [order::ALL, lines::ALL, money::ALL, &list::all()].concat()
}
