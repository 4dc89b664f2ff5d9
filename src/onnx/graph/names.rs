//! Names of nodes and values: paths that are not taken twice.

use super::error::GraphError;
use super::graph::{Graph, Value};

impl Graph {
    /// Names of nodes made by `build` start with `name`, as in a path.
    ///
    /// # Errors
    /// Those of `build`.
    pub fn scoped<T>(
        &mut self,
        name: &str,
        build: impl FnOnce(&mut Graph) -> Result<T, GraphError>,
    ) -> Result<T, GraphError> {
        self.enter(name);
        let made = build(self);
        self.leave();
        made
    }

    /// Names of nodes start with `name` until [`Graph::leave`].
    pub fn enter(&mut self, name: &str) {
        self.scope.push(name.to_owned());
    }

    /// Ends what [`Graph::enter`] began.
    pub fn leave(&mut self) {
        self.scope.pop();
    }

    /// Gives a value another name.
    ///
    /// # Errors
    /// [`GraphError::Name`] for a name that is taken, [`GraphError::Foreign`].
    pub fn rename(&mut self, value: Value, name: &str) -> Result<(), GraphError> {
        if self.info(value)?.name == name {
            return Ok(());
        }
        if name.is_empty() || !self.taken.insert(name.to_owned()) {
            return Err(GraphError::Name(name.to_owned()));
        }
        if let Some(info) = self.values.get_mut(value.0) {
            let old = std::mem::replace(&mut info.name, name.to_owned());
            self.taken.remove(&old);
        }
        Ok(())
    }

    /// A name that is not taken, with the scope before it.
    pub(super) fn free_name(&mut self, last: &str) -> String {
        let mut path = self.scope.join("/");
        if !path.is_empty() {
            path.push('/');
        }
        path.push_str(last);
        loop {
            let counter = self.counters.entry(path.clone()).or_insert(0);
            *counter += 1;
            let name = match *counter {
                1 => path.clone(),
                number => format!("{path}_{number}"),
            };
            if !self.taken.contains(&name) {
                return name;
            }
        }
    }

    /// A value by its name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<Value> {
        self.values.iter().position(|info| info.name == name).map(Value)
    }
}
