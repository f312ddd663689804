/*
 * Preloaded into node, it counts how often the kernel calls the signal handlers that the addon installs, in the file
 * that FAULTS_COUNT names. sigaction(2) answers the handler that was installed, and hides the one that counts.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

typedef int (*installer)(int, const struct sigaction *, struct sigaction *);

static volatile uint64_t *count;
static struct sigaction counted[65];
static int is_counted[65];

static void counting(int number, siginfo_t *info, void *context) {
  if (count != NULL) __atomic_fetch_add(count, 1, __ATOMIC_SEQ_CST);
  counted[number].sa_sigaction(number, info, context);
}

static int is_the_addons(const struct sigaction *action) {
  Dl_info info;
  if ((action->sa_flags & SA_SIGINFO) == 0) return 0;
  if (dladdr((void *)action->sa_sigaction, &info) == 0 || info.dli_fname == NULL) return 0;
  return strstr(info.dli_fname, ".node") != NULL;
}

int sigaction(int number, const struct sigaction *action, struct sigaction *old) {
  static installer real;
  if (real == NULL) real = (installer)dlsym(RTLD_NEXT, "sigaction");
  if (number < 1 || number > 64) return real(number, action, old);
  struct sigaction was = counted[number], ours;
  int was_counted = is_counted[number];
  int status;
  if (action != NULL && is_the_addons(action)) {
    counted[number] = *action;
    is_counted[number] = 1;
    ours = *action;
    ours.sa_sigaction = counting;
    status = real(number, &ours, old);
  } else {
    status = real(number, action, old);
    if (status == 0 && action != NULL) is_counted[number] = 0;
  }
  if (status == 0 && old != NULL && was_counted) *old = was;
  return status;
}

__attribute__((constructor)) static void begin(void) {
  const char *name = getenv("FAULTS_COUNT");
  int file = name == NULL ? -1 : open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0 || ftruncate(file, 8) != 0) return;
  void *shared = mmap(NULL, 8, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (shared != MAP_FAILED) count = shared;
  close(file);
}
