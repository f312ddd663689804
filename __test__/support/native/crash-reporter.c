/*
 * A crash reporter, as other native addons have one: a handler for SIGBUS and SIGSEGV that prints the signal on
 * standard error. process.dlopen loads it, so that a test chooses when. With CHAINS it calls the handler that was there
 * before; otherwise it restores the signal's default action. With STRIPS it is no reporter, but does what Bun does when
 * a listener is removed: it installs the handler that is there without its flags.
 */
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

static struct sigaction before[2];

static struct sigaction *previous(int number) { return &before[number == SIGSEGV]; }

static void reported(int number, siginfo_t *info, void *context) {
  static const char bus[] = "reporter: SIGBUS\n", segv[] = "reporter: SIGSEGV\n";
  if (number == SIGBUS) (void)!write(2, bus, sizeof bus - 1);
  else (void)!write(2, segv, sizeof segv - 1);
#ifdef CHAINS
  struct sigaction *old = previous(number);
  if ((old->sa_flags & SA_SIGINFO) != 0) {
    old->sa_sigaction(number, info, context);
    return;
  }
  if (old->sa_handler != SIG_DFL && old->sa_handler != SIG_IGN) {
    old->sa_handler(number);
    return;
  }
#else
  (void)context;
#endif
  signal(number, SIG_DFL);
  /* A fault occurs again when the handler returns; a signal that was sent has to be raised again. */
  if (info->si_code <= 0) raise(number);
}

__attribute__((constructor)) static void install(void) {
  struct sigaction action = {0};
#ifdef STRIPS
  for (int i = 0; i < 2; i++) {
    int number = i == 0 ? SIGBUS : SIGSEGV;
    sigaction(number, NULL, &action);
    action.sa_flags = SA_RESTART;
    sigaction(number, &action, NULL);
  }
  return;
#endif
  action.sa_sigaction = reported;
  action.sa_flags = SA_SIGINFO | SA_NODEFER;
  sigaction(SIGBUS, &action, previous(SIGBUS));
  sigaction(SIGSEGV, &action, previous(SIGSEGV));
}
