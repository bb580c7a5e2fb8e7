//! Skills: folders of instructions that a model reads when a task asks for them.
//!
//! A skill is a folder with a SKILL.md, whose front matter names and describes it. They stand in the user's configuration
//! directory and in the shared directory, never in a workspace. [`front_matter`] reads the head of a SKILL.md, [`shelf`]
//! finds skills and reads their files. This room only reads; nothing of a skill is run here.

mod front_matter;

mod shelf;
pub use shelf::{Found, Shelf, Skill, SkillError};
