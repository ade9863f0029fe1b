/*
 * Stands in for a slow file system, such as Lustre or NFS far away: `slow-files FOLDER MOUNT DELAY_US COUNT` shows FOLDER
 * at MOUNT, to be read only, and lets every look at a path wait for DELAY_US microseconds. Looks into different folders wait
 * side by side, as at a server of files; within one folder the kernel may let them wait for each other. The file COUNT holds
 * the most that waited at the same time, and how many there were. It ends when MOUNT is unmounted. slow-files.ts compiles it.
 */
#define FUSE_USE_VERSION 31
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fuse.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *folder;
static useconds_t delay;
static int count_file;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int waiting, most, total;

static void count(int change) {
  pthread_mutex_lock(&lock);
  waiting += change;
  if (change > 0) total++;
  if (waiting > most) most = waiting;
  pthread_mutex_unlock(&lock);
}

static char *place(char *buffer, const char *path) {
  snprintf(buffer, PATH_MAX, "%s%s", folder, path);
  return buffer;
}

static int slow_getattr(const char *path, struct stat *stats, struct fuse_file_info *file) {
  char buffer[PATH_MAX];
  (void)file;
  count(1);
  usleep(delay);
  int result = lstat(place(buffer, path), stats) == 0 ? 0 : -errno;
  count(-1);
  return result;
}

static int slow_readlink(const char *path, char *target, size_t size) {
  char buffer[PATH_MAX];
  ssize_t length = readlink(place(buffer, path), target, size - 1);
  if (length < 0) return -errno;
  target[length] = '\0';
  return 0;
}

static int slow_readdir(const char *path, void *names, fuse_fill_dir_t fill, off_t offset, struct fuse_file_info *file,
                        enum fuse_readdir_flags flags) {
  char buffer[PATH_MAX];
  DIR *open = opendir(place(buffer, path));
  (void)offset, (void)file, (void)flags;
  if (open == NULL) return -errno;
  for (struct dirent *entry; (entry = readdir(open)) != NULL;) fill(names, entry->d_name, NULL, 0, 0);
  closedir(open);
  return 0;
}

static int slow_open(const char *path, struct fuse_file_info *file) {
  char buffer[PATH_MAX];
  int descriptor = open(place(buffer, path), O_RDONLY);
  if (descriptor < 0) return -errno;
  file->fh = (uint64_t)descriptor;
  return 0;
}

static int slow_read(const char *path, char *bytes, size_t size, off_t offset, struct fuse_file_info *file) {
  (void)path;
  ssize_t length = pread((int)file->fh, bytes, size, offset);
  return length < 0 ? -errno : (int)length;
}

static int slow_release(const char *path, struct fuse_file_info *file) {
  (void)path;
  return close((int)file->fh);
}

/* What was seen is kept for some seconds, as NFS does. */
static void *slow_init(struct fuse_conn_info *connection, struct fuse_config *config) {
  (void)connection;
  config->entry_timeout = config->attr_timeout = config->negative_timeout = 3;
  return NULL;
}

static void slow_destroy(void *data) {
  (void)data;
  dprintf(count_file, "%d %d\n", most, total);
}

static const struct fuse_operations operations = {
  .init = slow_init, .destroy = slow_destroy, .getattr = slow_getattr, .readlink = slow_readlink,
  .readdir = slow_readdir, .open = slow_open, .read = slow_read, .release = slow_release,
};

int main(int argc, char **argv) {
  if (argc != 5) return 2;
  folder = argv[1];
  delay = (useconds_t)atoi(argv[3]);
  count_file = open(argv[4], O_WRONLY | O_CREAT | O_TRUNC, 0644);
  if (count_file < 0) return 1;
  char *arguments[] = { argv[0], "-f", "-o", "ro,max_threads=64,max_idle_threads=64", argv[2], NULL };
  return fuse_main(5, arguments, &operations, NULL);
}
