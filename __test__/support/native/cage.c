/*
 * Preloaded into node, it makes it refuse buffers over foreign memory, as an engine with a memory cage (Electron's)
 * does. Functions of the program itself have precedence over those of a preloaded library, so their code is replaced by
 * the one below.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* return 22: napi_no_external_buffers_allowed */
#if defined(__x86_64__)
static const unsigned char refuse[] = {0xb8, 22, 0, 0, 0, 0xc3};
#elif defined(__aarch64__)
static const unsigned char refuse[] = {0xc0, 0x02, 0x80, 0x52, 0xc0, 0x03, 0x5f, 0xd6};
#endif

static void replace(const char *name) {
  char *code = dlsym(RTLD_DEFAULT, name);
  if (code == NULL) return;
  uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
  char *start = (char *)((uintptr_t)code / page * page);
  size_t length = (size_t)(code - start) + sizeof refuse;
  if (mprotect(start, length, PROT_READ | PROT_WRITE | PROT_EXEC) != 0) _exit(99);
  memcpy(code, refuse, sizeof refuse);
  if (mprotect(start, length, PROT_READ | PROT_EXEC) != 0) _exit(98);
  __builtin___clear_cache(code, code + sizeof refuse);
}

__attribute__((constructor)) static void cage(void) {
  replace("napi_create_external_arraybuffer");
  replace("napi_create_external_buffer");
  replace("node_api_create_external_sharedarraybuffer");
}
