//! Groups: sources that may not be torn apart by a split.

use std::collections::HashMap;

use super::Source;

/// Sources joined by group name and by equal content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Groups {
    /// For each source, the index of its group.
    pub of: Vec<usize>,
    /// For each group, its members in order of the sources.
    pub members: Vec<Vec<usize>>,
    /// For each group, all names that came together in it, sorted.
    pub names: Vec<Vec<String>>,
}

impl Groups {
    /// Joins all sources of one group name, and all of one content. Refused sources belong to groups as well: what
    /// is made must not depend on whether a twin could be read.
    #[must_use]
    pub fn new(sources: &[Source]) -> Self {
        let mut parent: Vec<usize> = (0..sources.len()).collect();
        let mut by_name: HashMap<&str, usize> = HashMap::new();
        let mut by_content: HashMap<[u8; 32], usize> = HashMap::new();
        for (index, source) in sources.iter().enumerate() {
            let name = *by_name.entry(&source.group).or_insert(index);
            join(&mut parent, index, name);
            if source.refused.is_none() {
                let twin = *by_content.entry(source.content).or_insert(index);
                join(&mut parent, index, twin);
            }
        }
        let mut groups = Groups {
            of: vec![0; sources.len()],
            members: Vec::new(),
            names: Vec::new(),
        };
        let mut number: HashMap<usize, usize> = HashMap::new();
        for (index, source) in sources.iter().enumerate() {
            let root = find(&mut parent, index);
            let group = *number.entry(root).or_insert_with(|| {
                groups.members.push(Vec::new());
                groups.names.push(Vec::new());
                groups.members.len() - 1
            });
            groups.of[index] = group;
            groups.members[group].push(index);
            groups.names[group].push(source.group.clone());
        }
        for names in &mut groups.names {
            names.sort_unstable();
            names.dedup();
        }
        groups
    }

    /// The name under which a group stands in rows: the first of its names.
    #[must_use]
    pub fn name(&self, group: usize) -> &str {
        self.names
            .get(group)
            .and_then(|names| names.first())
            .map_or("", String::as_str)
    }
}

/// Smaller indices become roots, so that the result does not depend on the order of joining.
fn join(parent: &mut [usize], a: usize, b: usize) {
    let (a, b) = (find(parent, a), find(parent, b));
    parent[a.max(b)] = a.min(b);
}

fn find(parent: &mut [usize], mut index: usize) -> usize {
    while parent[index] != index {
        parent[index] = parent[parent[index]];
        index = parent[index];
    }
    index
}
