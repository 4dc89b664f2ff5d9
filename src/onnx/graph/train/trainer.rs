//! Runs training steps on ONNX Runtime. Parameters and moments stay on the device, in two sets of buffers: each step reads one
//! and writes the other.

use ort::memory::{AllocationDevice, Allocator, AllocatorType, MemoryInfo, MemoryType};
use ort::session::IoBinding;
use ort::value::Tensor as Buffer;

use super::LOGITS;
use super::mixed::Precision;
use super::step::{LEARNING_RATE, LOSS, LOSS_SCALE, NORM, STEP, Slot, State, TARGETS, TrainingStep};
use crate::onnx::device::Taken;
use crate::onnx::engine::Engine;
use crate::onnx::graph::element::Element;
use crate::onnx::graph::tensor::{Tensor, WrongSize};
use crate::onnx::session::{Session, SessionError};

/// Why a step can't be made.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// The step can't be loaded.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// The runtime failed.
    #[error("the training step failed: {0}\nhint: a smaller batch needs less memory")]
    Run(String),
    /// The data do not fit the step.
    #[error("{input}: found {found} numbers, expected {expected}")]
    Input {
        /// The input.
        input: String,
        /// How many numbers there are.
        found: usize,
        /// How many there should be.
        expected: usize,
    },
    /// The data are of another type.
    #[error("{input}: found {found} numbers, expected {expected}")]
    Kind {
        /// The input.
        input: String,
        /// What is there.
        found: Element,
        /// What the step takes.
        expected: Element,
    },
    /// A state does not fit the step.
    #[error("{name}: found {found}, expected 32-bit numbers of shape {expected:?}")]
    State {
        /// The tensor.
        name: String,
        /// What is there.
        found: String,
        /// The shape that it should have.
        expected: Vec<usize>,
    },
    /// A tensor came back in another size.
    #[error(transparent)]
    Size(#[from] WrongSize),
}

impl From<ort::Error> for TrainError {
    fn from(error: ort::Error) -> Self {
        TrainError::Run(error.to_string())
    }
}

/// The data of one of a step's inputs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Numbers<'a> {
    /// 32-bit floats.
    F32(&'a [f32]),
    /// 64-bit integers.
    I64(&'a [i64]),
}

/// What a step says.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The loss of the batch, before the step. Not a finite number when training has failed.
    pub loss: f32,
    /// The length of the gradient, before clipping.
    pub norm: f32,
    /// With products in 16 bits, the scale of the loss in the next step. A norm that is no finite number then says that this step
    /// changed nothing else.
    pub scale: Option<f32>,
    /// The logits of the batch, before the step: row by row, a number for each class.
    pub logits: Vec<f32>,
}

/// A network in training.
#[derive(Debug)]
pub struct Trainer {
    // Bindings before buffers and session, so that they go first.
    bindings: [IoBinding; 2],
    /// Which of the two sets of buffers holds the state.
    current: usize,
    buffers: [Vec<Buffer<f32>>; 2],
    data: Vec<(String, Data)>,
    targets: Buffer<f32>,
    rate: Buffer<f32>,
    step: Buffer<i64>,
    loss: Buffer<f32>,
    norm: Buffer<f32>,
    scale: Option<Buffer<f32>>,
    logits: Buffer<f32>,
    slots: Vec<Slot>,
    session: Session,
}

impl Trainer {
    /// Loads a step and takes the state, which becomes the device's.
    ///
    /// # Errors
    /// [`TrainError::Session`], [`TrainError::State`] and [`TrainError::Run`].
    pub fn new(engine: &Engine, step: &TrainingStep, state: &State) -> Result<Self, TrainError> {
        let session = engine.unplanned_session_of("training step", &step.model)?;
        let host = Allocator::default();
        let device = match engine.taken() {
            Taken::Cpu(_) => None,
            Taken::Cuda(gpu) => {
                let index = i32::try_from(gpu.index).unwrap_or(i32::MAX);
                let place = MemoryInfo::new(
                    AllocationDevice::CUDA,
                    index,
                    AllocatorType::Device,
                    MemoryType::Default,
                )?;
                Some(Allocator::new(session.inner(), place)?)
            }
        };
        let home = device.as_ref().unwrap_or(&host);
        let set = || -> Result<Vec<Buffer<f32>>, TrainError> {
            let buffers = step.slots.iter().map(|slot| Buffer::new(home, slot.dims.clone()));
            Ok(buffers.collect::<Result<_, _>>()?)
        };
        let batch = |dims: &[usize]| [&[step.batch], dims].concat();
        let data = step
            .inputs
            .iter()
            .map(|port| {
                Ok((
                    port.name.clone(),
                    Data::new(&host, port.element, batch(&port.dims))?,
                ))
            })
            .collect::<Result<_, ort::Error>>()?;
        let scalar = Vec::<usize>::new;
        let mut trainer = Trainer {
            bindings: [
                session.inner().create_binding()?,
                session.inner().create_binding()?,
            ],
            current: 0,
            buffers: [set()?, set()?],
            data,
            targets: Buffer::new(&host, batch(&[step.classes]))?,
            rate: Buffer::new(&host, scalar())?,
            step: Buffer::new(&host, scalar())?,
            loss: Buffer::new(&host, scalar())?,
            norm: Buffer::new(&host, scalar())?,
            scale: match step.precision {
                Precision::Fp32 => None,
                Precision::Fp16 => Some(Buffer::new(&host, scalar())?),
            },
            logits: Buffer::new(&host, batch(&[step.classes]))?,
            slots: step.slots.clone(),
            session,
        };
        trainer.load(state)?;
        trainer.bind()?;
        Ok(trainer)
    }

    /// Binds what stays bound: the first binding reads the first set and writes the second, the other the other way round.
    fn bind(&mut self) -> Result<(), TrainError> {
        let [first, second] = &mut self.buffers;
        let [one, two] = &mut self.bindings;
        for ((slot, first), second) in self.slots.iter().zip(first).zip(second) {
            one.bind_input(slot.name.as_str(), &*first)?;
            two.bind_input(slot.name.as_str(), &*second)?;
            one.bind_output(slot.next(), second)?;
            two.bind_output(slot.next(), first)?;
        }
        for binding in [one, two] {
            binding.bind_output(LOSS, &mut self.loss)?;
            binding.bind_output(NORM, &mut self.norm)?;
            if let Some(scale) = &mut self.scale {
                binding.bind_output(LOSS_SCALE, scale)?;
            }
            binding.bind_output(LOGITS, &mut self.logits)?;
        }
        Ok(())
    }

    /// One step: the data in the order of the step's inputs, targets row by row, the number of the step from 1, and the
    /// learning rate.
    ///
    /// # Errors
    /// [`TrainError::Input`] and [`TrainError::Run`]; the state is then as before.
    pub fn step(
        &mut self,
        data: &[&[f32]],
        targets: &[f32],
        number: u64,
        rate: f32,
    ) -> Result<Outcome, TrainError> {
        let data: Vec<Numbers<'_>> = data.iter().map(|numbers| Numbers::F32(numbers)).collect();
        self.step_of(&data, targets, number, rate)
    }

    /// The same with data that may be integers.
    ///
    /// # Errors
    /// As [`Trainer::step`].
    pub fn step_of(
        &mut self,
        data: &[Numbers<'_>],
        targets: &[f32],
        number: u64,
        rate: f32,
    ) -> Result<Outcome, TrainError> {
        if data.len() != self.data.len() {
            return Err(TrainError::Input {
                input: "inputs".to_owned(),
                found: data.len(),
                expected: self.data.len(),
            });
        }
        for ((name, buffer), given) in self.data.iter_mut().zip(data) {
            buffer.fill(name, *given)?;
        }
        fill(TARGETS, &mut self.targets, targets)?;
        fill(LEARNING_RATE, &mut self.rate, &[rate])?;
        fill(STEP, &mut self.step, &[i64::try_from(number).unwrap_or(i64::MAX)])?;
        let [one, two] = &mut self.bindings;
        let binding = if self.current == 0 { one } else { two };
        // A GPU gets its copy when an input is bound.
        for (name, buffer) in &self.data {
            match buffer {
                Data::F32(buffer) => binding.bind_input(name.as_str(), buffer)?,
                Data::I64(buffer) => binding.bind_input(name.as_str(), buffer)?,
            }
        }
        binding.bind_input(TARGETS, &self.targets)?;
        binding.bind_input(LEARNING_RATE, &self.rate)?;
        binding.bind_input(STEP, &self.step)?;
        let done = self.session.inner_mut().run_binding(binding)?;
        drop(done);
        self.current = 1 - self.current;
        Ok(Outcome {
            loss: first(&self.loss),
            norm: first(&self.norm),
            scale: self.scale.as_ref().map(first),
            logits: self.logits.extract_tensor().1.to_vec(),
        })
    }

    /// The state, copied from the device.
    ///
    /// # Errors
    /// [`TrainError::Run`].
    pub fn state(&self) -> Result<State, TrainError> {
        let [first, second] = &self.buffers;
        let buffers = if self.current == 0 { first } else { second };
        let tensors = self.slots.iter().zip(buffers).map(|(slot, buffer)| {
            let on_host = buffer.memory_info().is_cpu_accessible();
            let copy = if on_host {
                None
            } else {
                Some(buffer.to(AllocationDevice::CPU, 0)?)
            };
            let values = copy.as_ref().unwrap_or(buffer).extract_tensor().1;
            Ok((slot.name.clone(), Tensor::f32(&slot.dims, values)?))
        });
        tensors.collect()
    }

    /// Puts a state in place of the present one.
    ///
    /// # Errors
    /// [`TrainError::State`] when a tensor is missing or of another shape; the present state may then be lost in part.
    pub fn load(&mut self, state: &State) -> Result<(), TrainError> {
        let [first, second] = &mut self.buffers;
        let buffers = if self.current == 0 { first } else { second };
        for (slot, buffer) in self.slots.iter().zip(buffers) {
            let tensor = state.get(&slot.name);
            let values = tensor
                .filter(|tensor| tensor.dims() == slot.dims)
                .and_then(Tensor::to_f32);
            let Some(values) = values else {
                return Err(TrainError::State {
                    name: slot.name.clone(),
                    found: tensor.map_or("nothing".to_owned(), |tensor| {
                        format!("{}{:?}", tensor.element(), tensor.dims())
                    }),
                    expected: slot.dims.clone(),
                });
            };
            if buffer.memory_info().is_cpu_accessible() {
                fill(&slot.name, buffer, &values)?;
            } else {
                let mut copy = Buffer::new(&Allocator::default(), slot.dims.clone())?;
                fill(&slot.name, &mut copy, &values)?;
                copy.copy_into(buffer)?;
            }
        }
        Ok(())
    }
}

/// An input's buffer.
#[derive(Debug)]
enum Data {
    F32(Buffer<f32>),
    I64(Buffer<i64>),
}

impl Data {
    fn new(host: &Allocator, element: Element, dims: Vec<usize>) -> Result<Self, ort::Error> {
        Ok(match element {
            Element::I64 => Data::I64(Buffer::new(host, dims)?),
            _ => Data::F32(Buffer::new(host, dims)?),
        })
    }

    fn fill(&mut self, name: &str, numbers: Numbers<'_>) -> Result<(), TrainError> {
        match (self, numbers) {
            (Data::F32(buffer), Numbers::F32(numbers)) => fill(name, buffer, numbers),
            (Data::I64(buffer), Numbers::I64(numbers)) => fill(name, buffer, numbers),
            (Data::F32(_), Numbers::I64(_)) => Err(TrainError::Kind {
                input: name.to_owned(),
                found: Element::I64,
                expected: Element::F32,
            }),
            (Data::I64(_), Numbers::F32(_)) => Err(TrainError::Kind {
                input: name.to_owned(),
                found: Element::F32,
                expected: Element::I64,
            }),
        }
    }
}

fn first(buffer: &Buffer<f32>) -> f32 {
    // A scalar has one number.
    buffer.extract_tensor().1.first().copied().unwrap_or(f32::NAN)
}

fn fill<T>(name: &str, buffer: &mut Buffer<T>, values: &[T]) -> Result<(), TrainError>
where
    T: ort::value::PrimitiveTensorElementType + Copy + std::fmt::Debug,
{
    let (_, there) = buffer.extract_tensor_mut();
    if there.len() != values.len() {
        return Err(TrainError::Input {
            input: name.to_owned(),
            found: values.len(),
            expected: there.len(),
        });
    }
    there.copy_from_slice(values);
    Ok(())
}
