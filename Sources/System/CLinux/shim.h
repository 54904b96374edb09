#pragma once
// System calls of Linux that Swift cannot reach: those without a function in the C library, and those that the C library
// declares only with _GNU_SOURCE. The numbers are the same on every architecture, the kernel's documentation says what each does.
#ifdef __linux__
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>

// Of <unistd.h>, which would make this module the home of all that it declares.
long syscall(long number, ...);

#ifndef SYS_openat2
#define SYS_openat2 437
#endif
#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif

/// openat2(2), Linux 5.6.
static inline int linux_openat2(int directory, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve) {
    struct { uint64_t flags, mode, resolve; } how = { flags, mode, resolve };
    return (int)syscall(SYS_openat2, directory, path, &how, sizeof(how));
}

/// renameat2(2), Linux 3.15.
static inline int linux_renameat2(int from, const char *path, int to, const char *other, unsigned int flags) {
    return (int)syscall(SYS_renameat2, from, path, to, other, flags);
}

/// fchmodat2(2), Linux 6.6.
static inline int linux_fchmodat2(int directory, const char *path, unsigned int mode, unsigned int flags) {
    return (int)syscall(SYS_fchmodat2, directory, path, mode, flags);
}

/// copy_file_range(2), Linux 4.5.
static inline long linux_copy_file_range(int from, int64_t *from_offset, int to, int64_t *to_offset, size_t count) {
    return syscall(SYS_copy_file_range, from, from_offset, to, to_offset, count, 0u);
}

/// preadv2(2) with RWF_NOWAIT, Linux 4.14: reads only what is in the page cache.
static inline long linux_read_cached(int file, void *base, size_t count, int64_t offset) {
    struct { void *base; size_t count; } part = { base, count };
    return syscall(SYS_preadv2, file, &part, 1L, (long)offset, 0L, 0x8L);
}

/// The type of the file system that a file is on, by fstatfs(2); 0 when it cannot be told.
static inline long linux_file_system_type(int file) {
    long status[32] = { 0 };
    return syscall(SYS_fstatfs, file, status) == 0 ? status[0] : 0;
}
#endif
