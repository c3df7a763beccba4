//! Calls under way: from a promise on a JavaScript thread to the runtime's thread and back.
//!
//! Each environment (the main thread, each worker) has one bridge. Both directions are batched: calls that are made in
//! one turn of the event loop are handed over together when it ends, and so are calls that have ended in one turn of the
//! runtime. The runtime's thread never waits for JavaScript.

use std::cell::RefCell;
use std::collections::HashMap;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use blynk_webhooks::bindings::{Outbox, Wake};
use napi::bindgen_prelude::{FnArgs, FunctionRef, PromiseRaw, Unknown};
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi::{Env, Status, check_status, sys};
use napi_derive::napi;
use serde_json::Value;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

use crate::errors;
use crate::promise::{Deferred, Outcome};
use crate::runtime;

/// Wakes the JavaScript thread. Weak: by itself it does not keep the process alive, see [`Bridge::keep_alive`].
struct Waker(ThreadsafeFunction<(), (), (), Status, false, true>);

impl Wake for Waker {
    fn wake(&self) {
        // Refused where the environment is being torn down; then nobody waits any more.
        let _ = self.0.call((), ThreadsafeFunctionCallMode::NonBlocking);
    }
}

type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The JavaScript thread's side.
pub(crate) struct Bridge {
    calls: HashMap<u32, PendingCall>,
    last_id: u32,
    /// Calls that were made in this turn of the event loop.
    submitted: Vec<Task>,
    /// Leads to [`run_tasks`]; absent until the first call.
    tasks: Option<mpsc::UnboundedSender<Vec<Task>>>,
    messages: Arc<Messages>,
    /// Takes events for functions of the user.
    on_event: Option<FunctionRef<EventArguments, ()>>,
}

/// The listener and the event, see [`Event`].
pub(crate) type EventArguments = FnArgs<(u32, String)>;

/// Something that a function of the user is told.
struct Event {
    /// Number that JavaScript has given the function.
    listener: u32,
    /// What it is told, as JSON.
    json: String,
}

struct PendingCall {
    deferred: Deferred,
    /// Ends the task, where the call may be cancelled.
    cancel: Option<oneshot::Sender<()>>,
}

/// What the runtime's thread has to tell this environment.
enum Message {
    /// A call has ended.
    Ended(u32, Outcome),
    /// A function of the user is to be told something.
    Event(Event),
}

/// The messages that JavaScript has not taken yet: what both threads share.
#[derive(Default)]
pub(crate) struct Messages {
    waiting: Arc<Outbox<Message, Waker>>,
    questions: Mutex<Questions>,
}

/// Questions to functions of the user that are not answered yet.
#[derive(Default)]
struct Questions {
    last: u32,
    open: HashMap<u32, oneshot::Sender<String>>,
}

/// A question that nobody waits for any more is no question.
struct OpenQuestion<'a>(&'a Messages, u32);

impl Drop for OpenQuestion<'_> {
    fn drop(&mut self) {
        lock(&self.0.questions).open.remove(&self.1);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Messages {
    /// Tells a function of the user something.
    pub(crate) fn tell(&self, listener: u32, event: &Value) {
        self.waiting.put(Message::Event(Event { listener, json: event.to_string() }));
    }

    /// Asks a function of the user, which answers with `reply`; the member `reply` of the question says to which question.
    /// `None` where its environment has ended.
    pub(crate) async fn ask(&self, listener: u32, mut question: Value) -> Option<String> {
        let (sender, answer) = oneshot::channel();
        let number = {
            let mut questions = lock(&self.questions);
            questions.last = questions.last.wrapping_add(1);
            let number = questions.last;
            questions.open.insert(number, sender);
            number
        };
        let _open = OpenQuestion(self, number);
        question["reply"] = number.into();
        self.tell(listener, &question);
        answer.await.ok()
    }
}

/// Reports how a call ended, also where its task panics or is dropped.
struct Report {
    id: u32,
    messages: Arc<Messages>,
    outcome: Option<Outcome>,
}

impl Report {
    fn end(mut self, outcome: Outcome) {
        self.outcome = Some(outcome);
    }
}

impl Drop for Report {
    fn drop(&mut self) {
        let lost = || Outcome::Failed(errors::internal("the call ended without an outcome"));
        self.messages.waiting.put(Message::Ended(self.id, self.outcome.take().unwrap_or_else(lost)));
    }
}

/// Runs the tasks of one environment; ends them all when it goes away.
async fn run_tasks(mut batches: mpsc::UnboundedReceiver<Vec<Task>>) {
    let mut running = JoinSet::new();
    loop {
        tokio::select! {
            batch = batches.recv() => match batch {
                Some(batch) => batch.into_iter().for_each(|task| drop(running.spawn(task))),
                None => return,
            },
            // A task that panicked has reported it.
            _ = running.join_next(), if !running.is_empty() => {}
        }
    }
}

impl Bridge {
    /// The bridge of this environment, made at its first use.
    pub(crate) fn of(env: &Env) -> napi::Result<Rc<RefCell<Self>>> {
        if let Some(bridge) = env.get_instance_data::<Rc<RefCell<Self>>>()? {
            return Ok(Rc::clone(bridge));
        }
        let messages = Arc::new(Messages::default());
        let bridge = Rc::new(RefCell::new(Self {
            calls: HashMap::new(),
            last_id: 0,
            submitted: Vec::new(),
            tasks: None,
            messages: Arc::clone(&messages),
            on_event: None,
        }));
        let receiver = Rc::clone(&bridge);
        let receive = env.create_function_from_closure::<(), (), _>("receive", move |context| {
            // A panic must not unwind into Node's code.
            catch_unwind(AssertUnwindSafe(|| Self::receive(&receiver, context.env)))
                .unwrap_or_else(|_| Err(napi::Error::from_reason(errors::internal("a call cannot be settled"))))
        })?;
        let waker = receive.build_threadsafe_function::<()>().callee_handled::<false>().weak::<true>().build()?;
        messages.waiting.set_waker(Waker(waker));
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

    /// Takes a call, which runs on the runtime's thread from the next [`Self::flush`] on; the promise is settled when it
    /// has ended. With an id of [`Self::next_id`] it can be cancelled.
    pub(crate) fn submit<'env>(
        &mut self,
        env: &'env Env,
        id: Option<u32>,
        call: impl Future<Output = Outcome> + Send + 'static,
    ) -> napi::Result<PromiseRaw<'env, Unknown<'env>>> {
        if let Err(problem) = runtime::handle() {
            return Self::refuse(env, errors::internal(problem));
        }
        let (deferred, promise) = Deferred::new(env)?;
        if self.calls.is_empty() {
            self.keep_alive(env, true)?;
        }
        let cancellable = id.is_some();
        let id = id.unwrap_or_else(|| self.next_id());
        let report = Report { id, messages: Arc::clone(&self.messages), outcome: None };
        let (cancel, task): (_, Task) = if cancellable {
            let (cancel, cancelled) = oneshot::channel();
            let task = async move {
                let outcome = tokio::select! {
                    biased;
                    _ = cancelled => Outcome::Answer(None),
                    outcome = call => outcome,
                };
                report.end(outcome);
            };
            (Some(cancel), Box::pin(task))
        } else {
            let task = async move {
                let outcome = call.await;
                report.end(outcome);
            };
            (None, Box::pin(task))
        };
        self.calls.insert(id, PendingCall { deferred, cancel });
        self.submitted.push(task);
        Ok(promise)
    }

    /// Hands the calls of this turn over: one wake-up for all of them.
    pub(crate) fn flush(&mut self) {
        let mut batch = std::mem::take(&mut self.submitted);
        if batch.is_empty() {
            return;
        }
        if let Some(tasks) = &self.tasks {
            match tasks.send(batch) {
                Ok(()) => return,
                // The runner is gone only where the runtime's thread has died.
                Err(mpsc::error::SendError(refused)) => batch = refused,
            }
        }
        // A call is submitted only where there is a runtime.
        if let Ok(runtime) = runtime::handle() {
            let (tasks, batches) = mpsc::unbounded_channel();
            // The receiver is still here.
            let _ = tasks.send(batch);
            self.tasks = Some(tasks);
            drop(runtime.spawn(run_tasks(batches)));
        }
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
        if let Some(cancel) = call.cancel {
            // Refused where the task has just ended.
            let _ = cancel.send(());
        }
        call.deferred.settle(env, Outcome::Answer(None))?;
        self.rest(env)
    }

    /// Takes what has come from the runtime's thread: settles promises, hands records to loggers.
    fn receive(bridge: &RefCell<Self>, env: &Env) -> napi::Result<()> {
        let messages = bridge.borrow().messages.waiting.take();
        let mut result = Ok(());
        for message in messages {
            // One that fails does not keep the others waiting.
            result = result.and(match message {
                Message::Ended(id, outcome) => {
                    let call = bridge.borrow_mut().calls.remove(&id);
                    // One that was cancelled is settled already.
                    call.map_or(Ok(()), |call| call.deferred.settle(env, outcome))
                }
                Message::Event(event) => Self::tell(bridge, env, event),
            });
        }
        bridge.borrow().rest(env)?;
        result
    }

    /// The function is the user's code, which may make calls.
    fn tell(bridge: &RefCell<Self>, env: &Env, event: Event) -> napi::Result<()> {
        let on_event = match &bridge.borrow().on_event {
            Some(on_event) => on_event.borrow_back(env)?,
            None => return Ok(()),
        };
        on_event.call(FnArgs::from((event.listener, event.json)))
    }

    /// The way from the runtime's thread to this environment.
    pub(crate) fn messages(&self) -> Arc<Messages> {
        Arc::clone(&self.messages)
    }

    /// Lets the process end when no call is under way.
    fn rest(&self, env: &Env) -> napi::Result<()> {
        if self.calls.is_empty() { self.keep_alive(env, false) } else { Ok(()) }
    }

    fn keep_alive(&self, env: &Env, alive: bool) -> napi::Result<()> {
        let Some(waker) = self.messages.waiting.waker() else { return Ok(()) };
        waker.0.handle.with_read_aborted(|aborted| {
            if aborted {
                return Ok(());
            }
            // SAFETY: `env` is the environment of the running callback, on its thread, and the function lives while it
            // is not aborted, which the lock holds off.
            check_status!(unsafe {
                if alive {
                    sys::napi_ref_threadsafe_function(env.raw(), waker.0.raw())
                } else {
                    sys::napi_unref_threadsafe_function(env.raw(), waker.0.raw())
                }
            })
        })
    }

    /// Ends every call of an environment that is going away.
    fn abandon(&mut self) {
        self.submitted.clear();
        self.calls.clear();
        lock(&self.messages.questions).open.clear();
        // The runner of the tasks ends with its channel, and they with it.
        self.tasks = None;
    }
}

/// Says which function takes the events for functions of the user. It must not throw.
#[napi(catch_unwind)]
pub fn on_event(env: &Env, callback: FunctionRef<EventArguments, ()>) -> napi::Result<()> {
    Bridge::of(env)?.borrow_mut().on_event = Some(callback);
    Ok(())
}

/// Answers a question, with JSON.
#[napi(catch_unwind)]
pub fn reply(env: &Env, question: u32, answer: String) -> napi::Result<()> {
    let messages = Bridge::of(env)?.borrow().messages();
    if let Some(sender) = lock(&messages.questions).open.remove(&question) {
        // Refused where nobody waits any more.
        let _ = sender.send(answer);
    }
    Ok(())
}
