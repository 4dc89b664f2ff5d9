//! The settings of a node.

use super::graph::Graph;
use super::proto::AttributeProto;
use super::tensor::Tensor;

/// One setting.
#[derive(Debug, Clone)]
pub enum Attribute {
    /// An integer.
    Int(i64),
    /// A number.
    Float(f32),
    /// A text, UTF-8 by convention.
    Text(Vec<u8>),
    /// Integers.
    Ints(Vec<i64>),
    /// Numbers.
    Floats(Vec<f32>),
    /// A constant.
    Tensor(Tensor),
    /// A graph within the graph, as the body of a Scan is.
    Graph(Box<Graph>),
    /// What is only passed on from file to file.
    Other(Box<AttributeProto>),
}

/// The settings of a node, by name, in the order they were given.
#[derive(Debug, Clone, Default)]
pub struct Attributes(Vec<(String, Attribute)>);

impl Attributes {
    /// No settings.
    #[must_use]
    pub fn none() -> Self {
        Attributes::default()
    }

    /// With one more, or another value for one that is there.
    #[must_use]
    pub fn with(mut self, name: &str, value: Attribute) -> Self {
        match self.0.iter_mut().find(|(there, _)| there == name) {
            Some((_, old)) => *old = value,
            None => self.0.push((name.to_owned(), value)),
        }
        self
    }

    /// With an integer.
    #[must_use]
    pub fn int(self, name: &str, value: i64) -> Self {
        self.with(name, Attribute::Int(value))
    }

    /// With a number.
    #[must_use]
    pub fn float(self, name: &str, value: f32) -> Self {
        self.with(name, Attribute::Float(value))
    }

    /// With a text.
    #[must_use]
    pub fn text(self, name: &str, value: &str) -> Self {
        self.with(name, Attribute::Text(value.as_bytes().to_vec()))
    }

    /// With integers.
    #[must_use]
    pub fn ints(self, name: &str, values: impl IntoIterator<Item = i64>) -> Self {
        self.with(name, Attribute::Ints(values.into_iter().collect()))
    }

    /// With sizes as integers; sizes beyond `i64` are cut to its largest, which no runtime takes.
    #[must_use]
    pub fn sizes(self, name: &str, values: &[usize]) -> Self {
        self.ints(
            name,
            values.iter().map(|&size| i64::try_from(size).unwrap_or(i64::MAX)),
        )
    }

    /// With a size or an axis as an integer.
    #[must_use]
    pub fn sizes_int(self, name: &str, value: usize) -> Self {
        self.int(name, i64::try_from(value).unwrap_or(i64::MAX))
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Attribute)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// One by its name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Attribute> {
        self.iter()
            .find(|(there, _)| *there == name)
            .map(|(_, value)| value)
    }

    /// An integer by its name.
    #[must_use]
    pub fn get_int(&self, name: &str) -> Option<i64> {
        match self.get(name)? {
            Attribute::Int(value) => Some(*value),
            _ => None,
        }
    }

    /// A number by its name.
    #[must_use]
    pub fn get_float(&self, name: &str) -> Option<f32> {
        match self.get(name)? {
            Attribute::Float(value) => Some(*value),
            _ => None,
        }
    }

    /// Integers by their name.
    #[must_use]
    pub fn get_ints(&self, name: &str) -> Option<&[i64]> {
        match self.get(name)? {
            Attribute::Ints(values) => Some(values),
            _ => None,
        }
    }

    /// A text by its name.
    #[must_use]
    pub fn get_text(&self, name: &str) -> Option<&str> {
        match self.get(name)? {
            Attribute::Text(bytes) => std::str::from_utf8(bytes).ok(),
            _ => None,
        }
    }
}
