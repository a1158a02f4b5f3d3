#!/bin/sh
# Makes the locks again from setup.cfg: `make locks`. What is locked stays at its version where it still fits;
# `make locks ARGS=--upgrade` takes the newest, `make locks ARGS="--upgrade-package NAME"` the newest of one.
set -eu
cd "$(dirname "$0")"
project=../../setup.cfg

compile() {
    ${UV:-uv} pip compile --quiet --universal --python-version 3.11 --generate-hashes \
        --no-emit-index-url --no-emit-find-links --no-header --no-annotate "$@"
}

# extra NAME: the requirements of one extra of setup.cfg alone
extra() {
    sed -n "/^$1 =/,/^[a-z\[]/s/^    //p" $project
}

compile build.in "$@" -o build.txt
compile $project --extra systemd "$@" -o base.txt

# voxcpm, resemblyzer and pocket-tts declare much that voxd does not use, and that would not even install beside it
compile $project --extra systemd --extra neural --excludes left-out.txt \
    -c base.txt -c build.txt -c cuda-limits.txt "$@" -o cuda.txt

# pip takes an installed 2.13.0+cpu for ==2.13.0, but not for ===2.13.0
sed -i 's/^torch==\([0-9]\)/torch===\1/' cuda.txt

# The CPU build of torch is the same torch, without all that is CUDA's.
awk '/^[a-z]/ { kept = !/^(cuda-|nvidia-|torch=|triton=)/ } kept' cuda.txt > cpu.txt
grep -v '^#' torch-cpu.txt >> cpu.txt

# Beside any of those: a GPL library, which nobody has who does not ask for it
extra piper | compile - -c base.txt -c build.txt -c cuda.txt "$@" -o piper.txt

compile $project --extra systemd --extra test --extra lint -c base.txt -c build.txt -c cuda.txt "$@" -o dev.txt
# What a server publishes of its requests is read by a test and never run: nothing of what it needs is wanted
extra protocols | compile - --no-deps >> dev.txt
extra bench | compile - -c base.txt -c piper.txt "$@" -o bench.txt
extra fuzz | compile - "$@" -o fuzz.txt
extra release | compile - -c base.txt -c build.txt "$@" -o release.txt
