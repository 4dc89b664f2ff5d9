//! The window of a convolution or a pooling: kernel, stride, padding and dilation of each spatial dimension.

use super::attribute::Attributes;

/// One spatial dimension of a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Elements that the window sees.
    pub kernel: usize,
    /// From one place of the window to the next.
    pub stride: usize,
    /// Zeros before the first element.
    pub low: usize,
    /// Zeros behind the last element.
    pub high: usize,
    /// From one element that the window sees to the next.
    pub dilation: usize,
    /// Whether a last window that is not full counts (poolings only).
    pub ceil: bool,
}

impl Window {
    /// The windows of all spatial dimensions; `kernel` is the shape of the weights' window, or none for a pooling, which
    /// says it itself. What does not fit is named.
    ///
    /// # Errors
    /// What was expected.
    pub fn all(
        attributes: &Attributes,
        kernel: Option<&[usize]>,
        rank: usize,
    ) -> Result<Vec<Window>, String> {
        let list = |name: &str, length: usize, otherwise: i64| -> Result<Vec<usize>, String> {
            let values = attributes
                .get_ints(name)
                .map_or(vec![otherwise; length], <[i64]>::to_vec);
            let sizes: Option<Vec<usize>> = values.iter().map(|&value| usize::try_from(value).ok()).collect();
            sizes
                .filter(|sizes| sizes.len() == length)
                .ok_or_else(|| format!("{length} {name} from 0, not {values:?}"))
        };
        let same = attributes.get_text("auto_pad");
        if same.is_some_and(|pad| !matches!(pad, "NOTSET" | "VALID")) {
            return Err("pads instead of auto_pad".to_owned());
        }
        let kernels = match (kernel, attributes.get_ints("kernel_shape")) {
            (Some(kernel), _) => kernel.to_vec(),
            (None, Some(_)) => list("kernel_shape", rank, 1)?,
            (None, None) => return Err("a kernel_shape".to_owned()),
        };
        let strides = list("strides", rank, 1)?;
        let dilations = list("dilations", rank, 1)?;
        let pads = list("pads", 2 * rank, 0)?;
        let (low, high) = pads.split_at(rank);
        let ceil = attributes.get_int("ceil_mode").is_some_and(|ceil| ceil != 0);
        let rows = kernels
            .iter()
            .zip(&strides)
            .zip(&dilations)
            .zip(low.iter().zip(high));
        let windows: Vec<Window> = rows
            .map(|(((&kernel, &stride), &dilation), (&low, &high))| Window {
                kernel,
                stride,
                low,
                high,
                dilation,
                ceil,
            })
            .collect();
        let whole = windows.len() == rank
            && windows
                .iter()
                .all(|w| w.kernel > 0 && w.stride > 0 && w.dilation > 0);
        whole
            .then_some(windows)
            .ok_or_else(|| format!("{rank} sizes, strides and dilations from 1"))
    }

    /// The span of one window.
    #[must_use]
    pub fn span(&self) -> usize {
        (self.kernel - 1).saturating_mul(self.dilation).saturating_add(1)
    }

    /// How many windows there are over so many elements; none if not even one.
    #[must_use]
    pub fn places(&self, size: usize) -> Option<usize> {
        let room = size
            .checked_add(self.low)?
            .checked_add(self.high)?
            .checked_sub(self.span())?;
        let more = self.ceil && room % self.stride > 0;
        Some(room / self.stride + 1 + usize::from(more))
    }

    /// Whether a last window would begin behind the elements. Versions of ONNX differ in whether it counts.
    #[must_use]
    pub fn ends_beyond(&self, size: usize) -> bool {
        self.places(size)
            .is_some_and(|places| (places - 1) * self.stride >= size.saturating_add(self.low))
    }
}
