/* Has a server's dealings with its data folder fail: the n-th of them, once or from then on, or whatever
 * no longer fits.
 *
 * Preloaded into the real server, before the recorder where both are wanted: what fails here never reaches
 * the recorder, and so never its disk.
 *
 * FAULTS_FOLDER  the folder; its files are dealt with alike, but only those counted that begin with FAULTS_NAME
 * FAULTS_WHAT    write, sync, truncate, read, or alloc: what the writer's thread asks the allocator for
 * FAULTS_AT      which of them fails, from 1; 0 none
 * FAULTS_ERROR   EIO, ENOSPC, or short: half of a write is done, and where it fails for good, no more fits
 * FAULTS_FOR_GOOD  1: every one after it fails too, of whatever file, until FAULTS_HEALED is a file
 * FAULTS_TOLD    gets a line when it begins, and one at the end with how many there were of each
 * FAULTS_ROOM    a file with a number: the folder's files fit into so many bytes
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

enum what { WRITE, SYNC, TRUNCATE, READ, ALLOC, KINDS };
static const char *const WORDS[KINDS] = {"write", "sync", "truncate", "read", "alloc"};

static pthread_once_t started = PTHREAD_ONCE_INIT;
static const char *folder, *name, *told, *healed, *room;
static size_t folder_bytes, name_bytes;
static int error_number = EIO, is_short, for_good;
static int kind = -1;
static long fails_at;
static atomic_long counts[KINDS];
static atomic_int is_broken;

static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static ssize_t (*real_read)(int, void *, size_t);
static ssize_t (*real_pread)(int, void *, size_t, off_t);
static int (*real_fsync)(int);
static int (*real_fdatasync)(int);
static int (*real_ftruncate)(int, off_t);

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);

static void start(void) {
  *(void **)&real_write = dlsym(RTLD_NEXT, "write");
  *(void **)&real_pwrite = dlsym(RTLD_NEXT, "pwrite");
  *(void **)&real_read = dlsym(RTLD_NEXT, "read");
  *(void **)&real_pread = dlsym(RTLD_NEXT, "pread");
  *(void **)&real_fsync = dlsym(RTLD_NEXT, "fsync");
  *(void **)&real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
  *(void **)&real_ftruncate = dlsym(RTLD_NEXT, "ftruncate");
  const char *what = getenv("FAULTS_WHAT"), *at = getenv("FAULTS_AT"), *error = getenv("FAULTS_ERROR");
  name = getenv("FAULTS_NAME"), told = getenv("FAULTS_TOLD"), healed = getenv("FAULTS_HEALED");
  room = getenv("FAULTS_ROOM");
  for_good = getenv("FAULTS_FOR_GOOD") && !strcmp(getenv("FAULTS_FOR_GOOD"), "1");
  fails_at = at ? atol(at) : 0;
  is_short = error && !strcmp(error, "short");
  if (is_short || (error && !strcmp(error, "ENOSPC"))) error_number = ENOSPC;
  if (!name) name = "";
  name_bytes = strlen(name);
  folder = getenv("FAULTS_FOLDER");
  folder_bytes = folder ? strlen(folder) : 0;
  for (int i = 0; what && i < KINDS; i++)
    if (!strcmp(what, WORDS[i])) kind = i;
}

static void tell(const char *line) {
  if (!told) return;
  int fd = open(told, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0) abort();
  if (real_write(fd, line, strlen(line)) < 0) abort();
  close(fd);
}

__attribute__((destructor)) static void count(void) {
  char line[256];
  if (!folder) return;
  snprintf(line, sizeof line, "counted %ld %ld %ld %ld %ld\n", counts[WRITE], counts[SYNC], counts[TRUNCATE],
           counts[READ], counts[ALLOC]);
  tell(line);
}

/* The name inside the folder of what is open here, or NULL. */
static const char *inside(int fd, char *path, size_t bytes) {
  struct stat s;
  if (!folder || fstat(fd, &s) || !(S_ISREG(s.st_mode) || S_ISDIR(s.st_mode))) return NULL;
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, bytes - 1);
  if (length <= 0) return NULL;
  path[length] = 0;
  if (strncmp(path, folder, folder_bytes)) return NULL;
  if (!path[folder_bytes]) return path + folder_bytes;
  return path[folder_bytes] == '/' ? path + folder_bytes + 1 : NULL;
}

/* Whether this one fails. */
static int fails(enum what what, int fd) {
  pthread_once(&started, start);
  char path[4096];
  const char *file = inside(fd, path, sizeof path);
  if (!file) return 0;
  int is_counted = !strncmp(file, name, name_bytes);
  long n = is_counted ? ++counts[what] : 0;
  if ((int)what != kind) return 0;
  if (is_broken && for_good) return !(healed && !access(healed, F_OK));
  if (!is_counted || n != fails_at) return 0;
  is_broken = 1;
  char line[4200];
  snprintf(line, sizeof line, "%s %s\n", WORDS[what], file);
  tell(line);
  return 1;
}

/* How many of these bytes still fit. */
static size_t fitting(int fd, off_t at, size_t count) {
  char path[4096], text[32];
  struct stat s;
  if (!room || !inside(fd, path, sizeof path) || fstat(fd, &s) || at + (off_t)count <= s.st_size) return count;
  int file = open(room, O_RDONLY | O_CLOEXEC);
  if (file < 0) return count;
  ssize_t length = real_read(file, text, sizeof text - 1);
  close(file);
  if (length <= 0) return count;
  text[length] = 0;
  long long left = atoll(text);
  DIR *all = opendir(folder);
  if (!all) return count;
  for (struct dirent *entry; (entry = readdir(all));) {
    struct stat other;
    if (!fstatat(dirfd(all), entry->d_name, &other, 0) && S_ISREG(other.st_mode)) left -= other.st_size;
  }
  closedir(all);
  long long fits = (left > 0 ? left : 0) + s.st_size - at;
  return fits <= 0 ? 0 : fits < (long long)count ? (size_t)fits : count;
}

static int failed(void) {
  errno = error_number;
  return -1;
}

/* What of a write is done: all, some, or nothing. */
static size_t done_of(int fd, off_t at, size_t count) {
  int was_broken = is_broken;
  if (fails(WRITE, fd)) return is_short && !was_broken && count > 1 ? count / 2 : 0;
  return count ? fitting(fd, at, count) : 0;
}

static int nothing_fits(void) {
  errno = room ? ENOSPC : error_number;
  return -1;
}

ssize_t write(int fd, const void *bytes, size_t count) {
  pthread_once(&started, start);
  size_t done = folder ? done_of(fd, lseek(fd, 0, SEEK_CUR), count) : count;
  return count && !done ? nothing_fits() : real_write(fd, bytes, done);
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t at) {
  pthread_once(&started, start);
  size_t done = done_of(fd, at, count);
  return count && !done ? nothing_fits() : real_pwrite(fd, bytes, done, at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off_t at) { return pwrite(fd, bytes, count, at); }

ssize_t read(int fd, void *bytes, size_t count) {
  if (fails(READ, fd)) return failed();
  return real_read(fd, bytes, count);
}

ssize_t pread(int fd, void *bytes, size_t count, off_t at) {
  if (fails(READ, fd)) return failed();
  return real_pread(fd, bytes, count, at);
}

ssize_t pread64(int fd, void *bytes, size_t count, off_t at) { return pread(fd, bytes, count, at); }

int fsync(int fd) { return fails(SYNC, fd) ? failed() : real_fsync(fd); }

int fdatasync(int fd) { return fails(SYNC, fd) ? failed() : real_fdatasync(fd); }

int ftruncate(int fd, off_t bytes) { return fails(TRUNCATE, fd) ? failed() : real_ftruncate(fd, bytes); }

int ftruncate64(int fd, off_t bytes) { return ftruncate(fd, bytes); }

/* Whether this block is not to be had. Others than the writer's thread go on: what they ask for is Rust's,
 * which ends the process where it gets nothing. */
static int none_left(void) {
  static _Thread_local int is_writer __attribute__((tls_model("initial-exec")));
  /* Nothing may be allocated before it is known whether it is wanted. */
  if (kind != ALLOC) return 0;
  char thread[17] = "";
  if (!is_writer) {
    if (prctl(PR_GET_NAME, thread) || strcmp(thread, "writer")) return 0;
    is_writer = 1;
  }
  if (is_broken && for_good) return 1;
  if (++counts[ALLOC] != fails_at) return 0;
  is_broken = 1;
  tell("alloc\n");
  return 1;
}

__attribute__((constructor)) static void at_once(void) { pthread_once(&started, start); }

void *malloc(size_t bytes) { return none_left() ? (errno = ENOMEM, NULL) : __libc_malloc(bytes); }

void *calloc(size_t count, size_t bytes) { return none_left() ? (errno = ENOMEM, NULL) : __libc_calloc(count, bytes); }

void *realloc(void *block, size_t bytes) {
  return none_left() ? (errno = ENOMEM, NULL) : __libc_realloc(block, bytes);
}
