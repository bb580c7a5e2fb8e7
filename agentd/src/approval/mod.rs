//! Which tool calls run, ask, or are refused.
//!
//! Reading order: [`gate`] (the decision), [`rule`] (what a user wrote about it), [`grant`] (what a person allowed
//! for the rest of a session), `matching` (whether a rule is meant), [`shell_words`] (command lines that are certain), [`paths`] (paths and patterns of them), [`digest`] (what exactly was
//! asked), [`texts`] (what the model is told). All of it is pure.
//! No rule here is a wall: the sandbox is. Rules spare people questions, and never let through what they are not sure of.

pub mod gate;

pub mod rule;

pub mod grant;

mod matching;

pub mod shell_words;

pub mod paths;

pub mod digest;

pub mod texts;
