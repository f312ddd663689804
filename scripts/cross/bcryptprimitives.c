/* A bcryptprimitives.dll for Wine 8.0, which has none: Rust's std gets its random bytes from there. */
#include <windows.h>
#include <ntsecapi.h>

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T length) {
  for (SIZE_T done = 0, part; done < length; done += part) {
    part = min(length - done, 1u << 30);
    if (!RtlGenRandom(data + done, (ULONG)part)) return FALSE;
  }
  return TRUE;
}
