#!/bin/sh
# Guards a change of files on a node: swaps the new ones in and puts the last good ones back, all by itself, unless it is told in time that
# all is well. POSIX sh, with what coreutils or busybox supply.
#
#   guard.sh arm|run|look|confirm|revert ROOT [ID]     ROOT: what stands for /, without a slash at its end
#
# All verbs but `run` print `ID STATE WHY` of the guard on the node, or of the last one there was. In ROOT/etc/kubernetes/kops/guard (0700):
#   active        ID of the guard at work; linked, not written, so that there is one at most
#   last          ID STATE WHY of the last one that ended
#   ID/state      armed, swapping or swapped
#   ID/open       becomes ID/confirmed or ID/reverted by a rename: whoever comes first wins, for good. ID/why: why it was reverted
#   ID/N.*        path, expect, mode, wrote (sha256 of new), new, old (the last good one), made (topmost folder that was made for it)
#   ID/runner.N   the process at work (see `identity`); those before are dead
#   ID/kept       there where old files have to stay, because someone else wrote theirs
# and beside each file .kops-guard-N.old, its last good copy (to rename it back takes no space on a full disk), .new, and .out: see `vacate`.
# Every step can be interrupted; `run` goes on from there.

VERB=$1 R=$2 ID=${3-}
K=$R/etc/kubernetes/kops G=$R/etc/kubernetes/kops/guard
D=$G/$ID
UNIT=kops-guard.service UNITS=/etc/systemd/system
umask 077
export LC_ALL=C PATH="$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

fail() { printf '%s\n' "$*" >&2; exit 1; }
# Puts a file or folder on the disk. Some can only flush everything.
flush() { sync "$1" 2>/dev/null || sync; }
# sha256, or `absent`; nothing where it cannot be read.
hash() {
  if [ -e "$1" ] || [ -L "$1" ]; then set -- "$(sha256sum <"$1")"; printf %s "${1%% *}"; else printf absent; fi
}
# FILE TEXT
put() { printf '%s\n' "$2" >"$1.$$" && flush "$1.$$" && mv -f "$1.$$" "$1" && flush "${1%/*}"; }
# VARIABLE FILE: its first line, without a process of its own; empty where there is none.
get() {
  eval "$1=''"
  IFS= read -r "$1" 2>/dev/null <"$2" || [ -e "$2" ]
}
become() { put "$D/state" "$1" || fail "cannot write below $G"; }
is() { get state "$D/state" && [ "$state" = "$1" ]; }
is_active() { get active "$G/active" && [ "$active" = "$ID" ]; }
decided() { [ ! -e "$D/open" ]; }
# The first one holds.
decide() {
  decided && return
  [ $# -eq 1 ] || put "$D/why" "$2"
  mv "$D/open" "$D/$1" 2>/dev/null && flush "$D"
}

# ---- processes ----

boot() { # a container that is a node starts anew without its machine
  get birth /proc/1/stat && get machine /proc/sys/kernel/random/boot_id
  set -- ${birth##*) }
  printf '%s-%s' "$machine" "${20}"
}
# What a process is known by: its number, when it started, in which life of the node. Nothing for one that is gone or dead.
identity() {
  get birth "/proc/$1/stat" || return
  process=$1
  set -- ${birth##*) }
  case $1 in Z | X) ;; *) printf '%s %s %s' "$process" "${20}" "$(boot)" ;; esac
}
# The number of the process at work.
runner() {
  for claim in "$D"/runner.*; do
    read -r pid rest 2>/dev/null <"$claim" && [ "$pid $rest" = "$(identity "$pid")" ] && printf %s "$pid" && return
  done
  return 1
}
# There is one process at work, or this one becomes it.
claim() {
  printf '%s\n' "$(identity $$)" >"$D/claim.$$" || exit 1
  c=1
  until ln "$D/claim.$$" "$D/runner.$c" 2>/dev/null; do
    [ -e "$D/runner.$c" ] || exit 1
    if runner >/dev/null; then rm -f "$D/claim.$$"; exit 0; fi
    c=$((c + 1))
  done
}
managed() { [ -z "$R" ] && [ -d /run/systemd/system ]; }
launch() {
  if managed; then
    put "$UNITS/$UNIT" "[Unit]
Description=kops: puts the last good files back unless the change of them is confirmed
ConditionPathExists=$G/active
StartLimitIntervalSec=0
[Service]
ExecStart=/bin/sh $D/guard.sh run '' $ID
Restart=on-failure
RestartForceExitStatus=SIGTERM
RestartSec=1
OOMScoreAdjust=-999
[Install]
WantedBy=multi-user.target" || return 1
    systemctl daemon-reload && systemctl --quiet enable "$UNIT" && sync && systemctl start "$UNIT"
  else
    if command -v setsid >/dev/null; then set -- setsid; else set -- nohup; fi
    "$@" sh "$D/guard.sh" run "$R" "$ID" </dev/null >/dev/null 2>&1 &
  fi
}
nap() { sleep 0.1 2>/dev/null || sleep 1; }
drop_unit() {
  systemctl --quiet disable "$UNIT" 2>/dev/null
  rm -f "$UNITS/$UNIT" "$UNITS/$UNIT".*
  systemctl daemon-reload
}
# One that has died goes on; one that has not begun never begins; one that has ended meanwhile, with no process any more either, has ended.
revive() {
  tries=0
  until runner >/dev/null || ! is armed || [ $tries -ge 50 ]; do # it may have been launched just now
    nap
    tries=$((tries + 1))
  done
  ! runner >/dev/null && is_active || return 0
  ! is armed || decide reverted 'it was interrupted before anything was changed'
  launch || fail 'the guard cannot be started'
  [ -e "$G/active" ] || ! managed || drop_unit # systemd was quicker, and that one has ended
}
# STATE WHY. The unit goes before the folder that it needs.
end() {
  put "$G/last" "$ID $1${2:+ $2}" || fail "cannot write below $G"
  if managed; then
    [ "$VERB" = run ] || systemctl stop "$UNIT"
    drop_unit
  elif [ "$VERB" != run ] && other=$(runner); then
    kill -9 "-$other" 2>/dev/null || kill -9 "$other" # with what it has started
  fi
  [ "$VERB" = run ] || rm -f "$G"/last.*
  each clear_one
  rm -f "$G/active"
  [ -e "$D/kept" ] || rm -rf "$D"
  flush "$G"
}

# ---- files ----

# Runs a function for each swap, in order.
each() {
  n=1
  while load; do
    "$@" || return 1
    n=$((n + 1))
  done
}
load() {
  get path "$D/$n.path" && get expect "$D/$n.expect" && get wrote "$D/$n.wrote" && get mode "$D/$n.mode" || return 1
  path=$R$path
  folder=${path%/*}
  part=$folder/.kops-guard-$n # the dot keeps it from the kubelet
}
clear_one() { rm -f "$part.old" "$part.new" "$part.out"; }
# Copies $1 to $2 and flushes it.
copy() { rm -f "$2" && cp -p "$1" "$2" && flush "$2"; }
# Makes $1 what is at the path, at once and on the disk.
rename() { mv -f "$1" "$path" && flush "$folder"; }
delete() { rm -f "$path" && flush "$folder"; }

# Finds that all is as the plan expects, and keeps the last good files. Sets `why`.
save_one() {
  why="$path was changed by someone else in between"
  if [ "$expect" = absent ]; then
    [ "$(hash "$path")" = absent ] || return 1
  else
    [ ! -L "$path" ] || { why="$path is a symbolic link"; return 1; }
    [ -f "$path" ] || return 1
    copy "$path" "$D/$n.old" && copy "$path" "$part.old" || { why="$path cannot be copied"; return 1; }
    [ "$(hash "$D/$n.old") $(hash "$part.old")" = "$expect $expect" ] || return 1
  fi
  [ "$wrote" != absent ] || return 0
  why="what is to become $path did not arrive as a whole"
  [ "$(hash "$D/$n.new")" = "$wrote" ] && chmod "$mode" "$D/$n.new" || return 1
  [ "$expect" = absent ] || chown "$(stat -c %u:%g "$D/$n.old")" "$D/$n.new"
}
swap_one() {
  why="$path cannot be written"
  [ "$wrote" = absent ] || { make_folder "$folder" && copy "$D/$n.new" "$part.new"; } || return 1
  find_pod
  why="$path was changed by someone else in between"
  [ "$(hash "$path")" = "$expect" ] && vacate || return 1
  why="$path cannot be written"
  if [ "$wrote" = absent ]; then delete; else rename "$part.new"; fi && rm -f "$part.out"
}
# $1 and those above it that are missing; keeps in mind which is the topmost of them.
make_folder() {
  [ ! -d "$1" ] || return 0
  top=$1
  make_folder "${1%/*}" && put "$D/$n.made" "$top" && mkdir "$1" && flush "${1%/*}"
}
# Folders that were made, from $1 up to $2, as far as they are empty.
unmake() {
  while [ ! -e "$1" ] || rmdir "$1" 2>/dev/null; do
    [ "$1" != "$2" ] || return 0
    set -- "${1%/*}" "$2"
  done
}
# In the reverse order, each only where it is still the one that was written, or was taken away. At one that someone else wrote it ends: that
# may need what came before it, as a manifest needs the file that it names. Fails where that has to be tried again.
put_back() {
  foreign='' needed=''
  n=1
  while load; do n=$((n + 1)); done
  while n=$((n - 1)) && load; do
    now=$(hash "$path")
    [ -z "$foreign" ] || { [ "$now" = "$expect" ] || needed="$needed $path"; continue; }
    find_pod
    if [ "$now" = "$wrote" ] || { [ "$now" = absent ] && [ -e "$part.out" ]; }; then
      [ "$expect" = absent ] || [ "$(hash "$part.old")" = "$expect" ] || copy "$D/$n.old" "$part.old" || return 1
      if ! vacate; then
        now=$(hash "$path")
        [ "$now" != "$wrote" ] || return 1
      elif [ "$expect" = absent ]; then
        delete && now=absent || return 1
      else
        rename "$part.old" && now=$expect || return 1
      fi
    fi
    [ "$now" = "$expect" ] || foreign=" $path"
    [ ! -f "$D/$n.made" ] || { clear_one; unmake "$folder" "$(cat "$D/$n.made")"; }
  done
}

# ---- the static pod ----

cri() { timeout 15 crictl "$@" 2>/dev/null; }
# The container of that name that runs now in a pod of the control plane; nothing where that is not clear.
container() {
  found=''
  for id in $(cri ps -q --name "$1"); do
    about=$(cri inspect "$id" | tr -d ' \n')
    case $about in *'"io.kubernetes.container.name":"'"$1"'"'*) ;; *) continue ;; esac
    case $about in *'"io.kubernetes.pod.namespace":"kube-system"'*) found="$found $id" ;; esac
  done
  set -- $found
  [ $# -ne 1 ] || printf %s "$1"
}
# Sets `running` where the file is that of the static pod that is to start anew.
find_pod() {
  running=''
  case $folder in
    */manifests) get name "$D/container" && [ -n "$name" ] && managed && running=$(container "$name") ;;
  esac
}
# Takes a static pod's file away, ends its container and waits until the kubelet is done with the pod. It would give the container 30 s, and
# while there is a pod of that name it looks only every 10 to 15 s whether it may start the next. Fails where someone else then wrote the file.
vacate() {
  [ -n "$running" ] && [ -e "$path" ] || return 0
  mv -f "$path" "$part.out" && flush "$folder" || return 1
  sleep 1
  cri stop -t 1 "$running" >/dev/null
  sleep 2
  [ "$(hash "$path")" = absent ]
}

# ---- verbs ----

run() {
  claim
  get state "$D/state"
  case $state in
    armed)
      get booted "$D/boot"
      [ "$(boot)" = "$booted" ] || decide reverted 'the node started anew before anything was changed'
      decided || swap
      ;;
    swapping) decide reverted 'it was interrupted while it swapped' ;;
  esac
  decided || wait_for_decision
  finish
}
swap() {
  each save_one || { end refused "$why"; exit 0; }
  sync
  become swapping
  if each swap_one; then become swapped; else decide reverted "$why"; fi
}
# Counts its own seconds, whatever happens to the clock.
wait_for_decision() {
  get within "$D/within"
  left=$within
  while [ "$left" -gt 0 ] && ! decided; do
    sleep 1
    left=$((left - 1))
  done
  decide reverted "it was not confirmed within $within s"
}
finish() {
  [ ! -e "$D/confirmed" ] || { end confirmed; return; }
  [ -e "$D/reverted" ] || exit 0
  get why "$D/why" || why='it was not confirmed'
  if ! is armed; then
    until put_back; do sleep 1; done
    if [ -n "$foreign" ]; then
      : >"$D/kept"
      why="$why; left alone, because someone else wrote it:$foreign${needed:+; and what that may need:$needed} (last good copies: $D)"
    fi
  fi
  end reverted "$why"
}

# Standard input: lines of a file's name and its content in base64; `end` as the last one.
arm() {
  (look) >/dev/null || exit 1
  if [ -e "$G/active" ]; then look; return; fi
  mkdir -p "$G" && chmod 700 "$K" "$G" && mkdir "$D" || fail "cannot make $D"
  receive || { rm -rf "$D"; fail 'the plan did not arrive as a whole, or cannot be written'; }
  ln "$D/id" "$G/active" 2>/dev/null || { rm -rf "$D"; look; return; }
  flush "$G"
  for other in "$G"/*/; do # of those that were interrupted
    [ "$other" = "$D/" ] || [ -e "$other/kept" ] || rm -rf "$other"
  done
  rm -f "$G"/last.*
  launch || end refused 'the guard cannot be started'
  report
}
receive() {
  name=''
  while read -r name data && [ "$name" != end ]; do
    printf %s "$data" | base64 -d >"$D/$name" || return 1
  done
  [ "$name" = end ] && boot >"$D/boot" && : >"$D/open" && put "$D/id" "$ID" && put "$D/state" armed && sync
}
look() {
  if get ID "$G/active"; then D=$G/$ID; revive; fi
  report
}
confirm() {
  ! is swapped || decide confirmed
  [ ! -e "$D/confirmed" ] || end confirmed
}
revert() { decide reverted 'kops asked for it'; }
# Prints how things are, once nothing is under way any more.
report() {
  t=0
  while [ -n "$ID" ] && is_active; do
    if [ $t -ge 600 ] || { is swapped && ! decided; }; then
      printf '%s %s\n' "$ID" "$state"
      return
    fi
    nap
    t=$((t + 1))
    [ $((t % 10)) -ne 0 ] || revive
  done
  [ ! -e "$G/last" ] || cat "$G/last"
}

case $VERB in
  arm | run | look) "$VERB" ;;
  confirm | revert) ! is_active || "$VERB"; look ;;
  *) fail "what is $VERB?" ;;
esac
