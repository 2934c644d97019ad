// SPDX-License-Identifier: Apache-2.0
// The system calls of the built-in filter, by what they are for. A call is here
// when it acts on the caller's own resources, or on others only as far as the
// kernel's usual checks of users and namespaces allow. What is missing is
// refused: kernel-wide settings (swapon, quotactl, kexec_load), surfaces with a
// record of breaking out (io_uring, userfaultfd, keyctl, add_key), namespaces
// and mounts, and calls long obsolete (uselib, sysfs, nfsservctl).

const words = (text: string): readonly string[] => text.trim().split(/\s+/);

/** Allowed in every container. Names that a machine does not have cost nothing there. */
export const ALWAYS_ALLOWED: Readonly<Record<string, readonly string[]>> = {
  openAndClose: words(`
    open openat openat2 creat close close_range dup dup2 dup3 fcntl fcntl64 ioctl flock
    pipe pipe2 memfd_create memfd_secret umask`),
  readAndWrite: words(`
    read readv pread64 preadv preadv2 write writev pwrite64 pwritev pwritev2 lseek _llseek
    readahead sendfile sendfile64 splice tee vmsplice copy_file_range
    fadvise64 fadvise64_64 cachestat`),
  sizeAndSync: words(`
    truncate truncate64 ftruncate ftruncate64 fallocate fsync fdatasync sync syncfs
    sync_file_range`),
  directories: words(`
    chdir fchdir getcwd mkdir mkdirat rmdir getdents getdents64 mknod mknodat
    link linkat symlink symlinkat readlink readlinkat unlink unlinkat
    rename renameat renameat2 name_to_handle_at`),
  fileStatus: words(`
    stat stat64 lstat lstat64 fstat fstat64 fstatat64 newfstatat statx
    statfs statfs64 fstatfs fstatfs64 statmount listmount access faccessat faccessat2
    utime utimes utimensat utimensat_time64 futimesat`),
  ownersAndModes: words(`
    chmod fchmod fchmodat fchmodat2 chown chown32 fchown fchown32 fchownat lchown lchown32`),
  extendedAttributes: words(`
    getxattr lgetxattr fgetxattr getxattrat setxattr lsetxattr fsetxattr setxattrat
    listxattr llistxattr flistxattr listxattrat
    removexattr lremovexattr fremovexattr removexattrat`),
  fileEvents: words(`
    inotify_init inotify_init1 inotify_add_watch inotify_rm_watch fanotify_mark`),
  polling: words(`
    poll ppoll ppoll_time64 select _newselect pselect6 pselect6_time64
    epoll_create epoll_create1 epoll_ctl epoll_ctl_old epoll_wait epoll_wait_old epoll_pwait
    epoll_pwait2 eventfd eventfd2 signalfd signalfd4`),
  asynchronousFiles: words(`
    io_setup io_destroy io_submit io_cancel io_getevents io_pgetevents io_pgetevents_time64`),
  // socket itself is filtered by address family. socketcall hides its arguments in memory.
  sockets: words(`
    socketpair socketcall bind connect listen accept accept4 shutdown
    getsockname getpeername getsockopt setsockopt
    send sendto sendmsg sendmmsg recv recvfrom recvmsg recvmmsg recvmmsg_time64`),
  memory: words(`
    brk mmap mmap2 munmap mremap mprotect madvise mincore msync mseal remap_file_pages
    mlock mlock2 mlockall munlock munlockall membarrier map_shadow_stack
    pkey_alloc pkey_free pkey_mprotect`),
  processes: words(`
    fork vfork execve execveat exit exit_group wait4 waitid waitpid
    getpid getppid gettid getpgid getpgrp setpgid getsid setsid
    pidfd_open pidfd_send_signal process_mrelease prctl seccomp
    landlock_create_ruleset landlock_add_rule landlock_restrict_self
    set_tid_address set_thread_area get_thread_area rseq restart_syscall`),
  // The kernel itself places this call where a traced function returns to.
  probes: words('uretprobe'),
  signals: words(`
    kill tkill tgkill pause alarm sigaltstack sigprocmask sigreturn
    rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend
    rt_sigtimedwait rt_sigtimedwait_time64 rt_tgsigqueueinfo`),
  locks: words(`
    futex futex_time64 futex_wait futex_waitv futex_wake futex_requeue
    get_robust_list set_robust_list`),
  // The kernel asks for the capability where these give rights.
  usersAndGroups: words(`
    getuid getuid32 geteuid geteuid32 getgid getgid32 getegid getegid32
    getresuid getresuid32 getresgid getresgid32 getgroups getgroups32
    setuid setuid32 setgid setgid32 setreuid setreuid32 setregid setregid32
    setresuid setresuid32 setresgid setresgid32 setgroups setgroups32
    setfsuid setfsuid32 setfsgid setfsgid32 capget capset`),
  scheduling: words(`
    sched_yield sched_getaffinity sched_setaffinity sched_getattr sched_setattr
    sched_getparam sched_setparam sched_getscheduler sched_setscheduler
    sched_get_priority_max sched_get_priority_min
    sched_rr_get_interval sched_rr_get_interval_time64
    getpriority setpriority ioprio_get ioprio_set getcpu`),
  limitsAndUsage: words(`
    getrlimit ugetrlimit setrlimit prlimit64 getrusage times sysinfo uname`),
  // Setting the clock through adjtimex needs a capability that is not given.
  time: words(`
    time gettimeofday adjtimex nanosleep clock_adjtime clock_adjtime64 clock_getres
    clock_getres_time64 clock_gettime clock_gettime64 clock_nanosleep clock_nanosleep_time64
    getitimer setitimer timer_create timer_delete timer_getoverrun timer_gettime
    timer_gettime64 timer_settime timer_settime64 timerfd_create timerfd_gettime
    timerfd_gettime64 timerfd_settime timerfd_settime64`),
  // Each in the container's own IPC namespace.
  messagesAndSharedMemory: words(`
    ipc msgctl msgget msgrcv msgsnd semctl semget semop semtimedop semtimedop_time64
    shmat shmctl shmdt shmget mq_getsetattr mq_notify mq_open mq_unlink
    mq_timedreceive mq_timedreceive_time64 mq_timedsend mq_timedsend_time64`),
  random: words('getrandom'),
};

/** Calls that only one machine has. */
export const MACHINE_CALLS: Readonly<Record<'x64' | 'arm64', readonly string[]>> = {
  x64: words('arch_prctl modify_ldt'),
  arm64: words(`
    arm_fadvise64_64 arm_sync_file_range sync_file_range2 breakpoint cacheflush set_tls`),
};

/** Before Linux 4.8 a traced process could change its call after the filter had judged it. */
export const TRACING: readonly string[] = words('ptrace process_vm_readv process_vm_writev');

/** What a capability adds: without these the capability could not be used. */
export const CAPABILITY_CALLS: Readonly<Record<string, readonly string[]>> = {
  CAP_BPF: words('bpf'),
  CAP_DAC_READ_SEARCH: words('open_by_handle_at'),
  CAP_PERFMON: words('perf_event_open'),
  CAP_SYS_ADMIN: words(`
    clone clone3 unshare setns sethostname setdomainname
    mount umount umount2 mount_setattr move_mount open_tree fsopen fsconfig fsmount fspick
    bpf perf_event_open fanotify_init quotactl quotactl_fd syslog lookup_dcookie
    lsm_get_self_attr lsm_set_self_attr lsm_list_modules`),
  CAP_SYS_BOOT: words('reboot'),
  CAP_SYS_CHROOT: words('chroot'),
  CAP_SYS_MODULE: words('init_module finit_module delete_module'),
  CAP_SYS_NICE: words('get_mempolicy set_mempolicy set_mempolicy_home_node mbind'),
  CAP_SYS_PACCT: words('acct'),
  CAP_SYS_PTRACE: [...TRACING, ...words('kcmp pidfd_getfd process_madvise')],
  CAP_SYS_RAWIO: words('iopl ioperm'),
  CAP_SYS_TIME: words('settimeofday stime clock_settime clock_settime64'),
  CAP_SYS_TTY_CONFIG: words('vhangup'),
  CAP_SYSLOG: words('syslog'),
};
