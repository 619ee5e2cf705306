//! Whole evenings, each a script: what people do, and what everybody must then see. After each one
//! everything kept is recomputed, as `comanda check` does it.

mod card_time_out;
mod charges_by_country;
mod day_close;
mod early_payer_leaves;
mod german_combo;
mod happy_hour;
mod last_portions;
mod next_day_refund;
mod nights_of_the_clock;
mod party;
mod price_change;
mod six_guests;
mod stage;
mod tab_written_off;
mod takeaway_turned_eat_in;
