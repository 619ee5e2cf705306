//! Comanda: the whole back of a restaurant's point of sale in one binary.

pub mod app;
pub mod cache;
pub mod cli;
pub mod config;
pub mod demo;
pub mod error;
pub mod floor;
pub mod import;
pub mod journal;
pub mod kernel;
pub mod kitchen;
pub mod menu;
pub mod orders;
pub mod payments;
pub mod reports;
pub mod settings;
pub mod shifts;
pub mod staff;
pub mod store;
pub mod web;
