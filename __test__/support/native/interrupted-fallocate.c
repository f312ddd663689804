/*
 * LD_PRELOAD of this library makes each fallocate(2) of more bytes than FALLOCATE_MOST of the environment fail with EINTR, by
 * a seccomp filter: as on tmpfs before Linux 6.11, where any signal ends the call and frees what it has reserved. If the
 * filter is in place, FALLOCATE_FILTER is in the environment.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#define FIELD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
/* The halves of a length, in the order of a little-endian machine. */
#define LOW offsetof(struct seccomp_data, args[3])
#define HIGH (LOW + 4)

__attribute__((constructor)) static void install(void) {
  const char *most = getenv("FALLOCATE_MOST");
  if (most == NULL || sizeof(long) != 8) return;
  struct sock_filter code[] = {
      FIELD(nr),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_fallocate, 0, 4),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, HIGH),
      BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, 0, 3, 0),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, LOW),
      BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, (unsigned)strtoul(most, NULL, 10), 1, 0),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EINTR),
  };
  struct sock_fprog program = {sizeof code / sizeof *code, code};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return;
  if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) != 0) return;
  setenv("FALLOCATE_FILTER", "1", 1);
}
