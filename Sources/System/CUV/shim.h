#pragma once
#include <uv.h>

#ifdef __linux__
// Hidden by the system's header unless _GNU_SOURCE is set (syncfs(2)).
int syncfs(int descriptor);
#endif

#ifdef __GLIBC__
#include <malloc.h>
#endif
