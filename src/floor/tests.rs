//! The room without a database.

use super::model::{Area, Room, Seating, Table, seats};
use crate::kernel::day::UtcMs;
use crate::kernel::ids::{AreaId, OrderId, TableId};

/// Tables and the orders at each.
type Tables = Vec<(i64, Vec<i64>)>;

/// Ids of areas with those of their tables and the orders there; `tables` are with their area, `sits` with their table.
fn room(areas: &[i64], tables: &[(i64, i64)], sits: &[(i64, i64)]) -> Vec<(i64, Tables)> {
    let area = |id: &i64| Area { id: AreaId::new(*id), name: format!("area {id}"), position: 0 };
    let table = |(id, area): &(i64, i64)| Table {
        id: TableId::new(*id),
        area: AreaId::new(*area),
        name: format!("table {id}"),
        seats: 4,
    };
    let seating = |(order, table): &(i64, i64)| Seating {
        order: OrderId::new(*order),
        table: TableId::new(*table),
        display_number: *order,
        guests: 2,
        opened_at: UtcMs::new(0),
        staff: None,
    };
    let seatings: Vec<Seating> = sits.iter().map(seating).collect();
    let room = Room::of(areas.iter().map(area).collect(), tables.iter().map(table).collect(), &seatings);
    let ids = |orders: Vec<Seating>| orders.into_iter().map(|seating| seating.order.get()).collect();
    room.areas
        .into_iter()
        .map(|view| {
            let tables = view.tables.into_iter().map(|view| (view.table.id.get(), ids(view.orders))).collect();
            (view.area.id.get(), tables)
        })
        .collect()
}

#[test]
fn everything_stands_where_it_belongs_in_the_order_given() {
    assert_eq!(room(&[], &[], &[]), vec![]);
    assert_eq!(room(&[2, 1], &[], &[]), vec![(2, vec![]), (1, vec![])]);
    let tables = [(7, 1), (8, 2), (9, 1)];
    let expected = vec![(2, vec![(8, vec![])]), (1, vec![(7, vec![4, 6]), (9, vec![5])])];
    assert_eq!(room(&[2, 1], &tables, &[(4, 7), (5, 9), (6, 7)]), expected);
    // What belongs nowhere is not shown.
    assert_eq!(room(&[1], &[(8, 2)], &[(4, 99)]), vec![(1, vec![])]);
}

#[test]
fn how_many_can_sit_at_a_table() {
    for (value, there) in [(-1, false), (0, true), (999, true), (1000, false)] {
        assert_eq!(seats(value).is_ok(), there, "{value}");
    }
}
