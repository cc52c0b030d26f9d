// sanitizers.h - defines ASAN or TSAN in a build with AddressSanitizer or
// ThreadSanitizer.

#ifndef SANITIZERS_H
#define SANITIZERS_H

// gcc
#ifdef __SANITIZE_ADDRESS__
#define ASAN 1
#endif
#ifdef __SANITIZE_THREAD__
#define TSAN 1
#endif

// clang
#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define ASAN 1
#endif
#if __has_feature(thread_sanitizer)
#define TSAN 1
#endif
#endif

#endif
