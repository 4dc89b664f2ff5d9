//! Reader for a folder per class, or split folders of classes.
