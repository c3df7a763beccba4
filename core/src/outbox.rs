//! News of calls on their way from the I/O thread to the thread of an interpreter, which it must never wait for.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock};

use tokio::runtime::Handle;

use crate::http::lock;

/// Most news that wait for others of the same turn of the I/O thread before the interpreter is woken.
const MAX_BATCH: usize = 8;

/// Wakes the thread of an interpreter.
pub trait Wake: Send + Sync + 'static {
    /// Wakes it. Never waits.
    fn wake(&self);
}

/// A queue whose reader is woken once for the news of one turn of the I/O thread, or once there are some.
#[derive(Debug)]
pub struct Outbox<T, W> {
    queue: Mutex<Queue<T>>,
    waker: OnceLock<W>,
}

#[derive(Debug)]
struct Queue<T> {
    news: Vec<T>,
    /// The reader is woken and has not looked yet.
    is_announced: bool,
}

impl<T, W> Default for Outbox<T, W> {
    fn default() -> Self {
        Self { queue: Mutex::new(Queue { news: Vec::new(), is_announced: false }), waker: OnceLock::new() }
    }
}

impl<T: Send + 'static, W: Wake> Outbox<T, W> {
    /// Whom to wake. The first one stays.
    pub fn set_waker(&self, waker: W) {
        let _ = self.waker.set(waker);
    }

    /// Who is woken, if that is known yet.
    pub fn waker(&self) -> Option<&W> {
        self.waker.get()
    }

    /// Queues news.
    pub fn put(self: &Arc<Self>, news: T) {
        let mut queue = self.lock();
        queue.news.push(news);
        let (count, is_announced) = (queue.news.len(), queue.is_announced);
        drop(queue);
        if is_announced {
            return;
        }
        match Handle::try_current() {
            Ok(io_thread) if count < MAX_BATCH => {
                if count == 1 {
                    // It runs after the tasks that are ready now, whose news it takes along.
                    let outbox = Arc::clone(self);
                    io_thread.spawn(async move { outbox.announce() });
                }
            }
            _ => self.announce(),
        }
    }

    /// Takes all news.
    pub fn take(&self) -> Vec<T> {
        let mut queue = self.lock();
        queue.is_announced = false;
        std::mem::take(&mut queue.news)
    }

    /// Wakes the reader, unless it is awake or there is nothing for it.
    fn announce(&self) {
        let mut queue = self.lock();
        let is_needed = !queue.news.is_empty() && !std::mem::replace(&mut queue.is_announced, true);
        drop(queue);
        if is_needed && let Some(waker) = self.waker.get() {
            waker.wake();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Queue<T>> {
        lock(&self.queue)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    struct Count(AtomicUsize);

    impl Wake for Arc<Count> {
        fn wake(&self) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    #[test]
    fn a_turn_of_the_runtime_wakes_once_and_many_news_wake_at_once() {
        let wakes = Arc::new(Count(AtomicUsize::new(0)));
        let woken = || wakes.0.load(Ordering::SeqCst);
        let outbox = Arc::new(Outbox::default());
        outbox.set_waker(Arc::clone(&wakes));
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            (0..3).for_each(|news| outbox.put(news));
            assert_eq!(woken(), 0);
            tokio::task::yield_now().await;
            assert_eq!(woken(), 1);
            // Not again before it has looked.
            outbox.put(3);
            tokio::task::yield_now().await;
            assert_eq!((woken(), outbox.take()), (1, vec![0, 1, 2, 3]));
            (0..MAX_BATCH).for_each(|_| outbox.put(0));
            assert_eq!((woken(), outbox.take().len()), (2, MAX_BATCH));
        });
        // Another thread has no turn whose end could be waited for.
        outbox.put(0);
        assert_eq!(woken(), 3);
    }
}
