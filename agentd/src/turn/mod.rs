//! The turn: observe, decide, act, until the model answers without a tool call, the budget ends, or an approval parks it.
//!
//! [`state`] folds a turn's events; [`plan`] says what should happen now; [`accept`], [`answer`] and [`close`] say what a
//! reply, a person's answers and an end come to, as events; [`repeats`] sees loops, and [`subagent`]
//! says what becomes of the calls that sub-agents work on. All of these are pure. [`driver`] performs effects and decides
//! nothing.

pub mod state;

pub mod plan;

pub mod accept;

pub mod repeats;

pub mod subagent;

pub mod answer;

pub mod ended;

pub mod close;

pub mod structured;

pub mod prompt;

pub mod compaction;

pub mod driver;

#[cfg(test)]
mod tests;
