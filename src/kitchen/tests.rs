//! Tickets, as tables.
