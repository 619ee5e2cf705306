/* Logs what a server does to its data folder, and what it says to anybody, in one order.
 *
 * Preloaded into the real server: SQLite's unix VFS and Rust's standard library both reach the disk and
 * the network through libc, so every byte passes here, also of files that SQLite does not open. (A VFS of
 * our own would see SQLite alone, and would need a door in the product.)
 *
 * One mutex is held from before an effect until it is logged: the log's order is the order in which things
 * happened. What is said on a socket is logged before it is sent, so that nobody can have heard it earlier.
 * A sync is not passed on to the disk of this machine, since what is on it does not depend on the log's;
 * it takes RECORDER_SYNC_US instead, as a card would.
 *
 * RECORDER_FOLDER is watched, without its folders, without shared memory (-shm), which SQLite rebuilds, and
 * without the room that is held for a full disk (.reserve), in which nothing stands.
 * RECORDER_LOG gets the records: a head as below, a name, and data. What would pass by unseen (a mapping
 * that is written, a vectored write to a file, a copy inside the kernel) is logged as '!', and fails the test.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define FILES_MAX 256
#define MAGIC 0x43454f52u

struct head {
  uint32_t magic;
  uint32_t kind;
  uint64_t inode;
  int64_t at;
  uint32_t name_bytes;
  uint32_t data_bytes;
};

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t started = PTHREAD_ONCE_INIT;
static char folder[4096];
static size_t folder_bytes;
static struct stat folder_stat;
static int log_fd = -1;
static useconds_t sync_us;
static ino_t watched[FILES_MAX];
static int watched_count;

#define REAL(result, name, ...)                                                                                       \
  static result (*real_##name)(__VA_ARGS__);                                                                          \
  static void find_##name(void) { real_##name = dlsym(RTLD_NEXT, #name); }

REAL(int, open, const char *, int, ...)
REAL(int, openat, int, const char *, int, ...)
REAL(ssize_t, write, int, const void *, size_t)
REAL(ssize_t, pwrite, int, const void *, size_t, off_t)
REAL(ssize_t, writev, int, const struct iovec *, int)
REAL(ssize_t, pwritev, int, const struct iovec *, int, off_t)
REAL(ssize_t, send, int, const void *, size_t, int)
REAL(ssize_t, sendto, int, const void *, size_t, int, const struct sockaddr *, socklen_t)
REAL(ssize_t, sendmsg, int, const struct msghdr *, int)
REAL(int, ftruncate, int, off_t)
REAL(int, fsync, int)
REAL(int, fdatasync, int)
REAL(int, rename, const char *, const char *)
REAL(int, unlink, const char *)
REAL(int, link, const char *, const char *)
REAL(int, fallocate, int, int, off_t, off_t)
REAL(int, posix_fallocate, int, off_t, off_t)
REAL(void *, mmap, void *, size_t, int, int, int, off_t)
REAL(ssize_t, copy_file_range, int, off_t *, int, off_t *, size_t, unsigned)
REAL(ssize_t, sendfile, int, int, off_t *, size_t)

static void start(void) {
  find_open(), find_openat(), find_write(), find_pwrite(), find_writev(), find_pwritev(), find_send(), find_sendto();
  find_sendmsg(), find_ftruncate(), find_fsync(), find_fdatasync(), find_rename(), find_unlink(), find_link();
  find_fallocate(), find_posix_fallocate(), find_mmap(), find_copy_file_range(), find_sendfile();
  const char *where = getenv("RECORDER_FOLDER"), *log = getenv("RECORDER_LOG"), *us = getenv("RECORDER_SYNC_US");
  if (!where || !log || strlen(where) >= sizeof folder || stat(where, &folder_stat)) return;
  strcpy(folder, where);
  folder_bytes = strlen(folder);
  sync_us = us ? (useconds_t)atoi(us) : 0;
  log_fd = real_open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static void take_turn(void) {
  pthread_once(&started, start);
  pthread_mutex_lock(&turn);
}

static void give_turn(void) {
  int kept = errno;
  pthread_mutex_unlock(&turn);
  errno = kept;
}

/* One write call a record, so that a kill cannot put two into each other. */
static void note(char kind, uint64_t inode, int64_t at, const char *name, const struct iovec *data, int parts) {
  if (log_fd < 0) return;
  int kept = errno;
  struct iovec all[2 + 64];
  struct head head = {MAGIC, (uint32_t)kind, inode, at, name ? (uint32_t)strlen(name) : 0, 0};
  if (parts > 64) abort();
  for (int i = 0; i < parts; i++) head.data_bytes += (uint32_t)data[i].iov_len, all[2 + i] = data[i];
  all[0] = (struct iovec){&head, sizeof head};
  all[1] = (struct iovec){(void *)(name ? name : ""), head.name_bytes};
  ssize_t whole = (ssize_t)(sizeof head + head.name_bytes + head.data_bytes);
  if (real_writev(log_fd, all, 2 + parts) != whole) abort();
  errno = kept;
}

static void note_bytes(char kind, uint64_t inode, int64_t at, const char *name, const void *bytes, size_t count) {
  struct iovec data = {(void *)bytes, count};
  note(kind, inode, at, name, &data, 1);
}

/* The name inside the folder, or NULL of what is not looked at. */
static const char *inside(const char *path) {
  if (log_fd < 0 || !path || strncmp(path, folder, folder_bytes) || path[folder_bytes] != '/') return NULL;
  const char *name = path + folder_bytes + 1;
  size_t bytes = strlen(name);
  if (strchr(name, '/') || (bytes > 4 && !strcmp(name + bytes - 4, "-shm"))) return NULL;
  if (bytes > 8 && !strcmp(name + bytes - 8, ".reserve")) return NULL;
  return name;
}

static int find(ino_t inode) {
  for (int i = 0; i < watched_count; i++)
    if (watched[i] == inode) return i;
  return -1;
}

static void forget(const struct stat *gone) {
  int at = find(gone->st_ino);
  if (at >= 0 && gone->st_nlink == 1) watched[at] = watched[--watched_count];
}

/* The inode of a watched file that is open here, else 0; of the folder itself, its own. */
static ino_t file_of(int fd) {
  struct stat s;
  if (log_fd < 0 || fstat(fd, &s) || s.st_dev != folder_stat.st_dev) return 0;
  if (S_ISDIR(s.st_mode)) return s.st_ino == folder_stat.st_ino ? s.st_ino : 0;
  return S_ISREG(s.st_mode) && find(s.st_ino) >= 0 ? s.st_ino : 0;
}

static int is_socket(int fd) {
  struct stat s;
  return log_fd >= 0 && !fstat(fd, &s) && S_ISSOCK(s.st_mode);
}

static void unseen(int fd, const char *what) {
  if (file_of(fd)) note('!', 0, 0, what, NULL, 0);
}

static int opened(int dir, const char *path, int flags, mode_t mode) {
  take_turn();
  const char *name = inside(path);
  struct stat before, after;
  int was_there = name && !stat(path, &before);
  int fd = dir == AT_FDCWD ? real_open(path, flags, mode) : real_openat(dir, path, flags, mode);
  if (name && fd >= 0 && !fstat(fd, &after) && S_ISREG(after.st_mode)) {
    if (find(after.st_ino) < 0) {
      if (watched_count == FILES_MAX) abort();
      watched[watched_count++] = after.st_ino;
    }
    note('o', after.st_ino, was_there ? 0 : 1, name, NULL, 0);
    if (flags & O_TRUNC) note('t', after.st_ino, 0, NULL, NULL, 0);
  }
  give_turn();
  return fd;
}

static mode_t mode_of(int flags, va_list more) {
  return flags & (O_CREAT | __O_TMPFILE) ? (mode_t)va_arg(more, int) : 0;
}

#define OPEN(function, parameters, dir)                                                                               \
  int function parameters {                                                                                           \
    va_list more;                                                                                                     \
    va_start(more, flags);                                                                                            \
    mode_t mode = mode_of(flags, more);                                                                               \
    va_end(more);                                                                                                     \
    return opened(dir, path, flags, mode);                                                                            \
  }

OPEN(open, (const char *path, int flags, ...), AT_FDCWD)
OPEN(open64, (const char *path, int flags, ...), AT_FDCWD)
OPEN(openat, (int dir, const char *path, int flags, ...), dir)
OPEN(openat64, (int dir, const char *path, int flags, ...), dir)

int creat(const char *path, mode_t mode) { return opened(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode); }

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t at) {
  take_turn();
  ssize_t done = real_pwrite(fd, bytes, count, at);
  ino_t inode = done > 0 ? file_of(fd) : 0;
  if (inode) note_bytes('w', inode, at, NULL, bytes, (size_t)done);
  give_turn();
  return done;
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off_t at) { return pwrite(fd, bytes, count, at); }

ssize_t write(int fd, const void *bytes, size_t count) {
  take_turn();
  if (is_socket(fd)) note_bytes('a', 0, fd, NULL, bytes, count);
  ino_t inode = file_of(fd);
  /* With O_APPEND the place is known only afterwards; lseek tells it in both cases. */
  ssize_t done = real_write(fd, bytes, count);
  if (inode && done > 0) note_bytes('w', inode, lseek(fd, 0, SEEK_CUR) - done, NULL, bytes, (size_t)done);
  give_turn();
  return done;
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
  take_turn();
  if (is_socket(fd)) note('a', 0, fd, NULL, parts, count);
  unseen(fd, "writev");
  ssize_t done = real_writev(fd, parts, count);
  give_turn();
  return done;
}

ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t at) {
  take_turn();
  unseen(fd, "pwritev");
  ssize_t done = real_pwritev(fd, parts, count, at);
  give_turn();
  return done;
}

ssize_t pwritev64(int fd, const struct iovec *parts, int count, off_t at) { return pwritev(fd, parts, count, at); }

ssize_t send(int fd, const void *bytes, size_t count, int flags) {
  take_turn();
  note_bytes('a', 0, fd, NULL, bytes, count);
  ssize_t done = real_send(fd, bytes, count, flags);
  give_turn();
  return done;
}

ssize_t sendto(int fd, const void *bytes, size_t count, int flags, const struct sockaddr *to, socklen_t to_bytes) {
  take_turn();
  note_bytes('a', 0, fd, NULL, bytes, count);
  ssize_t done = real_sendto(fd, bytes, count, flags, to, to_bytes);
  give_turn();
  return done;
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags) {
  take_turn();
  note('a', 0, fd, NULL, message->msg_iov, (int)message->msg_iovlen);
  ssize_t done = real_sendmsg(fd, message, flags);
  give_turn();
  return done;
}

int ftruncate(int fd, off_t bytes) {
  take_turn();
  int result = real_ftruncate(fd, bytes);
  ino_t inode = result ? 0 : file_of(fd);
  if (inode) note('t', inode, bytes, NULL, NULL, 0);
  give_turn();
  return result;
}

int ftruncate64(int fd, off_t bytes) { return ftruncate(fd, bytes); }

static int synced(int fd, int (*really)(int)) {
  take_turn();
  ino_t inode = file_of(fd);
  int result = inode ? 0 : really(fd);
  if (inode && sync_us) usleep(sync_us);
  if (inode) note(inode == folder_stat.st_ino ? 'd' : 's', inode, 0, NULL, NULL, 0);
  give_turn();
  return result;
}

int fsync(int fd) {
  pthread_once(&started, start);
  return synced(fd, real_fsync);
}

int fdatasync(int fd) {
  pthread_once(&started, start);
  return synced(fd, real_fdatasync);
}

int rename(const char *from, const char *to) {
  take_turn();
  const char *old = inside(from), *new = inside(to);
  struct stat gone;
  int replaces = new &&!stat(to, &gone);
  int result = real_rename(from, to);
  if (!result && old && new) {
    if (replaces) forget(&gone);
    note_bytes('r', 0, 0, old, new, strlen(new));
  } else if (!result && (old || new)) {
    note('!', 0, 0, "a rename into or out of the folder", NULL, 0);
  }
  give_turn();
  return result;
}

int unlink(const char *path) {
  take_turn();
  const char *name = inside(path);
  struct stat gone;
  int is_file = name && !stat(path, &gone) && S_ISREG(gone.st_mode);
  int result = real_unlink(path);
  if (!result && is_file) {
    forget(&gone);
    note('u', 0, 0, name, NULL, 0);
  }
  give_turn();
  return result;
}

int link(const char *from, const char *to) {
  take_turn();
  if (inside(from) || inside(to)) note('!', 0, 0, "link", NULL, 0);
  int result = real_link(from, to);
  give_turn();
  return result;
}

int fallocate(int fd, int mode, off_t at, off_t bytes) {
  take_turn();
  unseen(fd, "fallocate");
  int result = real_fallocate(fd, mode, at, bytes);
  give_turn();
  return result;
}

int fallocate64(int fd, int mode, off_t at, off_t bytes) { return fallocate(fd, mode, at, bytes); }

int posix_fallocate(int fd, off_t at, off_t bytes) {
  take_turn();
  unseen(fd, "posix_fallocate");
  int result = real_posix_fallocate(fd, at, bytes);
  give_turn();
  return result;
}

int posix_fallocate64(int fd, off_t at, off_t bytes) { return posix_fallocate(fd, at, bytes); }

/* Allocators map memory before anything else runs; only shared mappings that may be written matter. */
void *mmap(void *where, size_t bytes, int protection, int flags, int fd, off_t at) {
  if (!real_mmap) find_mmap();
  if (fd >= 0 && (flags & MAP_SHARED) && (protection & PROT_WRITE)) {
    take_turn();
    unseen(fd, "mmap");
    give_turn();
  }
  return real_mmap(where, bytes, protection, flags, fd, at);
}

void *mmap64(void *where, size_t bytes, int protection, int flags, int fd, off_t at) {
  return mmap(where, bytes, protection, flags, fd, at);
}

ssize_t copy_file_range(int in, off_t *in_at, int out, off_t *out_at, size_t bytes, unsigned flags) {
  take_turn();
  unseen(out, "copy_file_range");
  ssize_t done = real_copy_file_range(in, in_at, out, out_at, bytes, flags);
  give_turn();
  return done;
}

ssize_t sendfile(int out, int in, off_t *at, size_t bytes) {
  take_turn();
  unseen(out, "sendfile");
  ssize_t done = real_sendfile(out, in, at, bytes);
  give_turn();
  return done;
}

ssize_t sendfile64(int out, int in, off_t *at, size_t bytes) { return sendfile(out, in, at, bytes); }
