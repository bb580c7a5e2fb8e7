//! Where skills stand, which there are, and what is in them.

use std::path::{Component, Path, PathBuf};

use crate::sandbox::workspace_file::read_text;

use super::front_matter;

/// Skills at most; what is more is left out and told.
const SKILLS_MAX: usize = 64;

/// Entries of a directory that are looked at.
const ENTRIES_MAX: usize = 1000;

/// Characters of a name at most.
const NAME_CHARS_MAX: usize = 64;

/// Bytes of a description at most; what is more is cut.
const DESCRIPTION_BYTES_MAX: usize = 512;

/// Bytes of one file of a skill at most.
pub(super) const FILE_BYTES_MAX: u64 = 64 << 10;

/// Names of other files that are told with a skill.
const FILES_TOLD_MAX: usize = 50;

/// The file that makes a folder a skill.
const MAIN_FILE: &str = "SKILL.md";

/// The directories that skills stand in.
#[derive(Clone, Debug, Default)]
pub struct Shelf {
    roots: Vec<Root>,
}

#[derive(Clone, Debug)]
struct Root {
    directory: PathBuf,
    /// Whether a link to a folder is a skill too: in the user's own directory, where nobody else puts one.
    follows_links: bool,
}

/// A skill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skill {
    /// Its name.
    pub name: String,
    /// What it is for, on one line.
    pub description: String,
    /// Its folder.
    pub directory: PathBuf,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The skills, by name.
    pub skills: Vec<Skill>,
    /// Folders that look like skills and are none, each with the reason.
    pub problems: Vec<String>,
}

/// Why a file of a skill cannot be read, in words for the model.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum SkillError {
    /// No such skill.
    #[error("There is no skill {name:?}. The skills are: {known}.")]
    NoSkill {
        /// What was asked for.
        name: String,
        /// What there is.
        known: String,
    },
    /// No such file in it.
    #[error("The skill {name} has no text file {file:?}.")]
    NoFile {
        /// The skill.
        name: String,
        /// What was asked for.
        file: String,
    },
    /// The system.
    #[error("{file:?} of the skill {name} cannot be read: {why}")]
    Unreadable {
        /// The skill.
        name: String,
        /// The file.
        file: String,
        /// What the system says.
        why: String,
    },
}

impl Shelf {
    /// The user's own skills beside the configuration, and those of a shared directory. Of two with one name the user's own
    /// goes first.
    pub fn new(config_dir: Option<&Path>, shared: Option<&Path>) -> Self {
        let root = |directory: &Path, follows_links| Root { directory: directory.join("skills"), follows_links };
        let own = config_dir.map(|directory| root(directory, true));
        Self { roots: own.into_iter().chain(shared.map(|directory| root(directory, false))).collect() }
    }

    /// The skills there are now. Blocks.
    pub fn find(&self) -> Found {
        let mut found = Found::default();
        for root in &self.roots {
            for directory in folders(root) {
                match skill(&directory) {
                    None => {}
                    Some(Err(problem)) => found.problems.push(format!("{}: {problem}", directory.display())),
                    Some(Ok(skill)) if found.skills.iter().any(|other| other.name == skill.name) => {
                        found.problems.push(format!("{}: another skill has its name", directory.display()));
                    }
                    Some(Ok(_)) if found.skills.len() == SKILLS_MAX => {
                        found.problems.push(format!("{}: {SKILLS_MAX} skills are the most", directory.display()));
                    }
                    Some(Ok(skill)) => found.skills.push(skill),
                }
            }
        }
        found.skills.sort_by(|a, b| a.name.cmp(&b.name));
        found
    }

    /// A file of a skill as the model is shown it; without a file, its instructions. Blocks.
    pub fn read(&self, name: &str, file: Option<&str>) -> Result<String, SkillError> {
        let skills = self.find().skills;
        let Some(skill) = skills.iter().find(|skill| skill.name == name) else {
            let known: Vec<_> = skills.iter().map(|skill| skill.name.as_str()).collect();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            let shown = &name[..name.floor_char_boundary(NAME_CHARS_MAX)];
            return Err(SkillError::NoSkill { name: shown.to_owned(), known });
        };
        let path = file.unwrap_or(MAIN_FILE);
        let shown = path[..path.floor_char_boundary(200)].to_owned();
        let missing = || SkillError::NoFile { name: skill.name.clone(), file: shown.clone() };
        if !Path::new(path).components().all(|part| matches!(part, Component::Normal(_))) {
            return Err(missing());
        }
        let read = read_text(&skill.directory, Path::new(path), FILE_BYTES_MAX).map_err(|error| {
            SkillError::Unreadable { name: skill.name.clone(), file: shown.clone(), why: error.to_string() }
        })?;
        let text = read.ok_or_else(missing)?;
        let cut = if text.is_cut { format!("\n[cut here: {FILE_BYTES_MAX} bytes are shown]") } else { String::new() };
        if file.is_some_and(|file| file != MAIN_FILE) {
            return Ok(text.text + &cut);
        }
        let (_, body) = front_matter::parse(&text.text);
        let others = other_files(&skill.directory);
        let others = match others[..] {
            [] => String::new(),
            _ => format!("\n\n[files of this skill, which read_skill shows too: {}]", others.join(", ")),
        };
        Ok(format!("{}{cut}{others}", body.trim_end()))
    }
}

/// The folders in a directory, by name.
fn folders(root: &Root) -> Vec<PathBuf> {
    let Ok(directory) = root.directory.canonicalize() else { return Vec::new() };
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten().take(ENTRIES_MAX);
    let mut folders: Vec<PathBuf> = entries
        .filter(|entry| root.follows_links || entry.file_type().is_ok_and(|kind| kind.is_dir()))
        .filter_map(|entry| entry.path().canonicalize().ok())
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    folders
}

/// The skill in a folder; `None`: it is not meant as one.
fn skill(directory: &Path) -> Option<Result<Skill, String>> {
    let text = match read_text(directory, Path::new(MAIN_FILE), FILE_BYTES_MAX) {
        Ok(text) => text?.text,
        Err(error) => return Some(Err(format!("{MAIN_FILE} cannot be read: {error}"))),
    };
    let (front, _) = front_matter::parse(&text);
    let folder = directory.file_name().unwrap_or_default().to_string_lossy();
    let name = if front.name.is_empty() { folder.into_owned() } else { front.name };
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if name.is_empty() || name.len() > NAME_CHARS_MAX || !name.chars().all(plain) {
        return Some(Err(format!("its name is not of 1 to {NAME_CHARS_MAX} letters, digits, dashes, dots")));
    }
    if front.description.is_empty() {
        return Some(Err(format!("{MAIN_FILE} has no description in its front matter")));
    }
    let mut description = front.description;
    description.truncate(description.floor_char_boundary(DESCRIPTION_BYTES_MAX));
    Some(Ok(Skill { name, description, directory: directory.to_owned() }))
}

/// The other files of a skill, by their paths in it, as far as they are told.
fn other_files(directory: &Path) -> Vec<String> {
    let mut files = Vec::new();
    let mut left = vec![directory.to_owned()];
    let mut seen = 0;
    while let Some(here) = left.pop() {
        for entry in std::fs::read_dir(&here).into_iter().flatten().flatten() {
            seen += 1;
            if seen > ENTRIES_MAX {
                break;
            }
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => left.push(entry.path()),
                Ok(kind) if kind.is_file() => {
                    let path = entry.path();
                    let beneath = path.strip_prefix(directory).unwrap_or(&path).display().to_string();
                    files.push(beneath);
                }
                _ => {}
            }
        }
    }
    files.retain(|file| file != MAIN_FILE && !file.chars().any(char::is_control));
    files.sort();
    files.truncate(FILES_TOLD_MAX);
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(root: &Path, file: &str, text: &str) {
        let file = root.join(file);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }

    #[test]
    fn skills_are_found_read_and_bounded() {
        let home = tempfile::tempdir().unwrap();
        let (config, shared) = (home.path().join("config"), home.path().join("shared"));
        let head = |name: &str| format!("---\nname: {name}\ndescription: Does {name}.\n---\nHow to {name}.\n");
        write(&config, "skills/release/SKILL.md", &head("release"));
        write(&config, "skills/release/scripts/tag.sh", "git tag");
        write(&config, "skills/notes.txt", "no skill");
        write(&config, "skills/bare/SKILL.md", "no head");
        write(&config, "skills/odd/SKILL.md", &head("../up"));
        write(&shared, "skills/release/SKILL.md", &head("release"));
        write(&shared, "skills/review/SKILL.md", &head("review"));
        let shelf = Shelf::new(Some(&config), Some(&shared));
        let found = shelf.find();
        let names: Vec<_> = found.skills.iter().map(|skill| skill.name.as_str()).collect();
        assert_eq!(names, ["release", "review"]);
        assert!(found.skills[0].directory.starts_with(config.canonicalize().unwrap()), "the user's own goes first");
        assert_eq!(found.skills[0].description, "Does release.");
        assert_eq!(found.problems.len(), 3, "{:?}", found.problems);

        let told = "How to release.\n\n[files of this skill, which read_skill shows too: scripts/tag.sh]";
        assert_eq!(shelf.read("release", None).unwrap(), told);
        assert_eq!(shelf.read("release", Some("scripts/tag.sh")).unwrap(), "git tag");
        let unknown = shelf.read("relese", None).unwrap_err().to_string();
        assert_eq!(unknown, "There is no skill \"relese\". The skills are: release, review.");
    }

    #[test]
    fn nothing_outside_of_a_skill_is_read() {
        let home = tempfile::tempdir().unwrap();
        write(home.path(), "skills/a/SKILL.md", "---\ndescription: d\n---\n");
        write(home.path(), "key", "secret");
        std::os::unix::fs::symlink(home.path().join("key"), home.path().join("skills/a/link")).unwrap();
        let shelf = Shelf::new(Some(home.path()), None);
        for file in ["link", "../../key", "/etc/passwd", ".", "", "a/../../../key"] {
            assert!(matches!(shelf.read("a", Some(file)), Err(SkillError::NoFile { .. })), "{file}");
        }
        assert_eq!(Shelf::new(None, None).find(), Found::default());
    }
}
