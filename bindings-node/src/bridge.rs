//! Calls under way: from a promise on a JavaScript thread to the runtime's thread and back.
//!
//! Each environment (the main thread, each worker) has one bridge. Calls that have ended wait in its queue; the first
//! of them wakes the JavaScript thread, which then settles all that are there. Under load one wake-up serves many
//! calls, and the runtime's thread never waits for JavaScript.

use std::cell::RefCell;
use std::collections::HashMap;
use std::future::Future;
use std::rc::Rc;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use napi::bindgen_prelude::{PromiseRaw, Unknown};
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi::{Env, Status, check_status, sys};
use tokio::task::AbortHandle;

use crate::errors;
use crate::promise::{Deferred, Outcome};
use crate::runtime;

/// Wakes the JavaScript thread. Weak: by itself it does not keep the process alive, see [`Bridge::keep_alive`].
type Waker = ThreadsafeFunction<(), (), (), Status, false, true>;

/// The JavaScript thread's side.
pub(crate) struct Bridge {
    calls: HashMap<u32, Underway>,
    last_id: u32,
    queue: Arc<Queue>,
}

struct Underway {
    deferred: Deferred,
    task: AbortHandle,
}

/// What both threads share.
#[derive(Default)]
struct Queue {
    ended: Mutex<Vec<(u32, Outcome)>>,
    waker: OnceLock<Waker>,
}

impl Queue {
    fn push(&self, id: u32, outcome: Outcome) {
        let mut ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        ended.push((id, outcome));
        let first = ended.len() == 1;
        drop(ended);
        if first && let Some(waker) = self.waker.get() {
            // Refused where the environment is being torn down; then nobody waits any more.
            let _ = waker.call((), ThreadsafeFunctionCallMode::NonBlocking);
        }
    }

    fn take(&self) -> Vec<(u32, Outcome)> {
        std::mem::take(&mut *self.ended.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Reports how a call ended, also where its task panics or is dropped.
struct Report {
    id: u32,
    queue: Arc<Queue>,
    outcome: Option<Outcome>,
}

impl Report {
    fn end(mut self, outcome: Outcome) {
        self.outcome = Some(outcome);
    }
}

impl Drop for Report {
    fn drop(&mut self) {
        let outcome = self.outcome.take().unwrap_or_else(|| Outcome::Failed(errors::internal("the call was lost")));
        self.queue.push(self.id, outcome);
    }
}

impl Bridge {
    /// The bridge of this environment, made at its first use.
    pub(crate) fn of(env: &Env) -> napi::Result<Rc<RefCell<Self>>> {
        if let Some(bridge) = env.get_instance_data::<Rc<RefCell<Self>>>()? {
            return Ok(Rc::clone(bridge));
        }
        let queue = Arc::new(Queue::default());
        let bridge = Rc::new(RefCell::new(Self { calls: HashMap::new(), last_id: 0, queue: Arc::clone(&queue) }));
        let settling = Rc::clone(&bridge);
        let settle = env.create_function_from_closure::<(), (), _>("settle", move |context| {
            settling.borrow_mut().settle_ended(context.env)
        })?;
        let waker = settle.build_threadsafe_function::<()>().callee_handled::<false>().weak::<true>().build()?;
        // Just made, so it is empty.
        let _ = queue.waker.set(waker);
        // Runs before the waker is torn down: hooks run in the reverse of their order.
        env.add_env_cleanup_hook(Rc::clone(&bridge), |bridge| bridge.borrow_mut().abandon())?;
        env.set_instance_data(Rc::clone(&bridge), (), |_| {})?;
        Ok(bridge)
    }

    /// A number by which a call can be cancelled.
    pub(crate) fn next_id(&mut self) -> u32 {
        self.last_id = self.last_id.wrapping_add(1);
        // After four thousand million calls numbers come again; one that is still under way keeps its own.
        while self.calls.contains_key(&self.last_id) {
            self.last_id = self.last_id.wrapping_add(1);
        }
        self.last_id
    }

    /// Runs a call on the runtime's thread; the promise is settled when it has ended.
    pub(crate) fn start<'env>(
        &mut self,
        env: &'env Env,
        id: u32,
        call: impl Future<Output = Outcome> + Send + 'static,
    ) -> napi::Result<PromiseRaw<'env, Unknown<'env>>> {
        let (deferred, promise) = Deferred::new(env)?;
        let runtime = match runtime::handle() {
            Ok(runtime) => runtime,
            Err(problem) => {
                deferred.settle(env, Outcome::Failed(errors::internal(problem)))?;
                return Ok(promise);
            }
        };
        if self.calls.is_empty() {
            self.keep_alive(env, true)?;
        }
        let report = Report { id, queue: Arc::clone(&self.queue), outcome: None };
        let task = runtime.spawn(async move {
            let report = report;
            let outcome = call.await;
            report.end(outcome);
        });
        self.calls.insert(id, Underway { deferred, task: task.abort_handle() });
        Ok(promise)
    }

    /// A promise that is rejected already.
    pub(crate) fn refuse<'env>(env: &'env Env, text: String) -> napi::Result<PromiseRaw<'env, Unknown<'env>>> {
        let (deferred, promise) = Deferred::new(env)?;
        deferred.settle(env, Outcome::Failed(text))?;
        Ok(promise)
    }

    /// Ends a call and closes its request. Does nothing for one that has ended.
    pub(crate) fn cancel(&mut self, env: &Env, id: u32) -> napi::Result<()> {
        let Some(call) = self.calls.remove(&id) else { return Ok(()) };
        call.task.abort();
        call.deferred.settle(env, Outcome::Answer(None))?;
        self.rest(env)
    }

    fn settle_ended(&mut self, env: &Env) -> napi::Result<()> {
        let mut settled = Ok(());
        for (id, outcome) in self.queue.take() {
            // One that was cancelled is settled already. One that cannot be settled does not keep the others waiting.
            if let Some(call) = self.calls.remove(&id) {
                settled = settled.and(call.deferred.settle(env, outcome));
            }
        }
        self.rest(env)?;
        settled
    }

    /// Lets the process end when no call is under way.
    fn rest(&self, env: &Env) -> napi::Result<()> {
        if self.calls.is_empty() { self.keep_alive(env, false) } else { Ok(()) }
    }

    fn keep_alive(&self, env: &Env, alive: bool) -> napi::Result<()> {
        let Some(waker) = self.queue.waker.get() else { return Ok(()) };
        waker.handle.with_read_aborted(|aborted| {
            if aborted {
                return Ok(());
            }
            // SAFETY: `env` is the environment of the running callback, on its thread, and the function lives while it
            // is not aborted, which the lock holds off.
            check_status!(unsafe {
                if alive {
                    sys::napi_ref_threadsafe_function(env.raw(), waker.raw())
                } else {
                    sys::napi_unref_threadsafe_function(env.raw(), waker.raw())
                }
            })
        })
    }

    /// Ends every call of an environment that is going away.
    fn abandon(&mut self) {
        for (_, call) in self.calls.drain() {
            call.task.abort();
        }
    }
}
