/*
 * A network line between two network namespaces, with delay, loss and a cut that can be changed while traffic flows. Frames are carried between
 * two TAP devices in user space, because not every kernel tests run on has a queueing discipline for it, and opening a TAP device in another
 * namespace takes ioctl(2) and setns(2), which Node does not have.
 *
 *   link-emulator NAMESPACE_A NAMESPACE_B     (root; each gets a device `line0`, without an address)
 *   standard input: delay MS | loss PERCENT | cut | heal | seed N       each way; answered with a line `ok`
 *
 * Frames wait in order in a ring of bounded length each way; what finds it full is dropped, as a router does.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define FRAME_MAX 2048
#define RING 8192
#define READS_MAX 64

struct frame { double due_ms; int length; uint8_t bytes[FRAME_MAX]; };
struct way { int from, to; unsigned head, tail; struct frame *ring; };

static double delay_ms, loss_percent;
static int is_cut;
static uint64_t dice = 88172645463325252ULL;

static void die(const char *what) { perror(what); exit(1); }

static double now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

/* 0 to below 100; xorshift64, so that a seed repeats a run */
static double percent(void) {
  dice ^= dice << 13;
  dice ^= dice >> 7;
  dice ^= dice << 17;
  return (double)(dice >> 11) / 9007199254740992.0 * 100;
}

static int open_tap(const char *name) {
  char path[256];
  struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI};
  int home = open("/proc/self/ns/net", O_RDONLY), away, tap;
  snprintf(path, sizeof path, "/run/netns/%s", name);
  if ((away = open(path, O_RDONLY)) < 0) die(path);
  if (setns(away, CLONE_NEWNET) < 0) die("setns");
  if ((tap = open("/dev/net/tun", O_RDWR | O_NONBLOCK)) < 0) die("/dev/net/tun");
  strcpy(request.ifr_name, "line0");
  if (ioctl(tap, TUNSETIFF, &request) < 0) die("TUNSETIFF");
  if (setns(home, CLONE_NEWNET) < 0) die("setns back");
  close(home);
  close(away);
  return tap;
}

static void take(struct way *way) {
  for (int i = 0; i < READS_MAX; i++) {
    struct frame *frame = &way->ring[way->tail % RING];
    uint8_t spilled[FRAME_MAX];
    int full = way->tail - way->head >= RING;
    int length = read(way->from, full ? spilled : frame->bytes, FRAME_MAX);
    if (length <= 0) return;
    if (full || is_cut || percent() < loss_percent) continue;
    frame->length = length;
    frame->due_ms = now_ms() + delay_ms;
    way->tail++;
  }
}

/* Frames that were on their way when the line was cut are lost with it. @returns ms until the next is due, -1 for none */
static int give(struct way *way) {
  while (way->head != way->tail) {
    struct frame *frame = &way->ring[way->head % RING];
    double wait = frame->due_ms - now_ms();
    if (wait > 0 && !is_cut) return (int)wait + 1;
    if (!is_cut && write(way->to, frame->bytes, frame->length) < 0) { /* the device is down: lost, as on a line */ }
    way->head++;
  }
  return -1;
}

static void obey(char *line) {
  double value = 0;
  char word[16] = "";
  sscanf(line, "%15s %lf", word, &value);
  if (!strcmp(word, "delay")) delay_ms = value;
  else if (!strcmp(word, "loss")) loss_percent = value;
  else if (!strcmp(word, "cut")) is_cut = 1;
  else if (!strcmp(word, "heal")) is_cut = 0;
  else if (!strcmp(word, "seed")) dice = (uint64_t)value * 2654435761u + 88172645463325252ULL;
  else { printf("unknown\n"); fflush(stdout); return; }
  printf("ok\n");
  fflush(stdout);
}

int main(int count, char **words) {
  if (count != 3) { fprintf(stderr, "usage: link-emulator NAMESPACE_A NAMESPACE_B\n"); return 2; }
  int a = open_tap(words[1]), b = open_tap(words[2]);
  struct way ways[2] = {{.from = a, .to = b}, {.from = b, .to = a}};
  for (int i = 0; i < 2; i++) if (!(ways[i].ring = calloc(RING, sizeof(struct frame)))) die("memory");
  char text[512];
  size_t held = 0;
  printf("ready\n");
  fflush(stdout);
  for (;;) {
    int first = give(&ways[0]), second = give(&ways[1]);
    int wait = first < 0 ? second : second < 0 || first < second ? first : second;
    struct pollfd fds[3] = {{0, POLLIN, 0}, {a, POLLIN, 0}, {b, POLLIN, 0}};
    if (poll(fds, 3, wait) < 0) die("poll");
    if (fds[1].revents) take(&ways[0]);
    if (fds[2].revents) take(&ways[1]);
    if (!fds[0].revents) continue;
    ssize_t got = read(0, text + held, sizeof text - held - 1);
    if (got <= 0) return 0; /* whoever started us is gone: the line goes with it */
    text[held += got] = 0;
    char *line = text, *end;
    for (; (end = strchr(line, '\n')); line = end + 1) { *end = 0; obey(line); }
    held = strlen(line);
    memmove(text, line, held + 1);
    if (held == sizeof text - 1) held = 0;
  }
}
