#!/usr/bin/env bash
# Construction record of DM-48520 at usdf/main
# purpose: Bias, dark,
# CTI; rm -rf /
# approval: TAXICAB-23
# deployment: DM-48999
# Times of work are UTC; validities are TAI.

export REPO="/repo/main"
export USER_CALIB_PREFIX=""
export INSTRUMENT="LSSTComCam"
export TICKET="DM-48520"
export TAG="DP1"
export RERUN="20250207a"
export RAW_COLLECTION="LSSTComCam/raw/all"
export CALIB_COLLECTIONS="LSSTComCam/calib/DM-48650"

# ---- LSSTComCam/calib/DM-48520/DP1/biasGen.20250207a
# 20 exposures: 2024120600427..2024120600446
# selected by exposure.day_obs=20241206 and exposure.seq_num >= 427
# begun 2025-02-08T18:50:10Z on sdfiana012, sealed 2025-02-08T19:02:11Z, 12 min 1 s
# RUN LSSTComCam/calib/DM-48520/DP1/biasGen.20250207a/20250208T185010Z
# logs on sdfiana012 in /sdf/calib/submissions/bias
# release w_2025_05: cp_pipe g0a1b2c3, numpy 1.26.4, python 3.11.7
# 9 datasets sealed: bias detectors 0..8
# recipe sha256:0123456789abcdef
# failed: cpBiasCombine instrument=LSSTComCam,detector=8: RuntimeError: no
# signal; rm -rf /
export SELECTION_BIAS="(instrument='LSSTComCam' and exposure in (2024120600427..2024120600446))"
# with this in the submission's configuration: requestMemory: 4096
bps submit \
  --input LSSTComCam/raw/all,LSSTComCam/calib/DM-48650 \
  --extra-qgraph-options '-c isr:doCrosstalk=False' \
  ${CP_PIPE_DIR}/bps/templates/bps_bias.yaml

butler certify-calibrations $REPO \
  --begin-date 1970-01-01T00:00:00 \
  LSSTComCam/calib/DM-48520/DP1/biasGen.20250207a \
  LSSTComCam/calib/DM-48520/DP1/bias.20250207a \
  bias

butler collection-chain $REPO \
  --mode prepend \
  LSSTComCam/calib/DM-48520 \
  LSSTComCam/calib/DM-48520/DP1/bias.20250207a

# ---- LSSTComCam/calib/DM-48520/DP1/darkGen.20250207a
# 20 exposures: 2024120600500..2024120600519
# made with LSSTComCam/calib/DM-48520/DP1/biasGen.20250207a
# begun 2025-02-08T18:50:10Z on sdfiana012, sealed 2025-02-08T19:02:11Z, 12 min 1 s
# RUN LSSTComCam/calib/DM-48520/DP1/darkGen.20250207a/20250208T185010Z
# logs on sdfiana012 in /sdf/calib/submissions/dark
# release w_2025_05: cp_pipe g0a1b2c3, numpy 1.26.4, python 3.11.7
# 9 datasets sealed: dark detectors 0..8
# recipe sha256:0123456789abcdef
export SELECTION_DARK="(instrument='LSSTComCam' and exposure in (2024120600500..2024120600519))"
bps submit \
  --input LSSTComCam/calib/DM-48520,LSSTComCam/raw/all,LSSTComCam/calib/DM-48650 \
  ${CP_PIPE_DIR}/bps/templates/bps_dark.yaml

butler certify-calibrations $REPO \
  --begin-date 2024-12-01T00:00:00 \
  --end-date 2025-01-01T00:00:00 \
  LSSTComCam/calib/DM-48520/DP1/darkGen.20250207a \
  LSSTComCam/calib/DM-48520/DP1/dark.20250207a \
  dark

# Only dark detectors 0..2 of LSSTComCam/calib/DM-48520/DP1/darkGen.20250207a, which no command of butler can pick: certified in LSSTComCam/calib/DM-48520/DP1/dark.20250207a, from 2025-01-01T00:00:00

butler collection-chain $REPO \
  --mode prepend \
  LSSTComCam/calib/DM-48520 \
  LSSTComCam/calib/DM-48520/DP1/dark.20250207a

# ---- LSSTComCam/calib/DM-48520/DP1/verifyBias.20250207a
# examines bias
# 20 exposures: 2024120600427..2024120600446
# begun 2025-02-08T18:50:10Z on sdfiana012, sealed 2025-02-08T19:02:11Z, 12 min 1 s
# RUN LSSTComCam/calib/DM-48520/DP1/biasGen.20250207a/20250208T185010Z
# logs on sdfiana012 in /sdf/calib/submissions/verify_bias
# release w_2025_05: cp_pipe g0a1b2c3, numpy 1.26.4, python 3.11.7
# 9 datasets sealed: bias detectors 0..8
# recipe sha256:0123456789abcdef
export SELECTION_BIAS_V="(instrument='LSSTComCam' and exposure in (2024120600427..2024120600446))"
bps submit \
  --input LSSTComCam/raw/all,LSSTComCam/calib/DM-48650 \
  ${CP_VERIFY_DIR}/bps/templates/bps_verify_bias.yaml

# ---- LSSTComCam/calib/DM-48520/unbounded
# RUN LSSTComCam/calib/DM-48520/unbounded
# 2 datasets sealed: defects detectors 0..1
# recipe sha256:1
# defects instrument=LSSTComCam,detector=0: specs/LSSTComCam/defects/S00.ecsv, sha256 sha-0
# defects instrument=LSSTComCam,detector=1: specs/LSSTComCam/defects/S01, old.ecsv, sha256 sha-1
butler register-dataset-type $REPO defects Defects instrument detector --is-calibration
# Paths are those of the git repository of specs:
printf '%s\n' \
  file,instrument,detector \
  specs/LSSTComCam/defects/S00.ecsv,LSSTComCam,0 \
  '"specs/LSSTComCam/defects/S01, old.ecsv",LSSTComCam,1' \
  > defects.csv
butler ingest-files $REPO defects LSSTComCam/calib/DM-48520/unbounded defects.csv --transfer copy
# camera instrument=LSSTComCam: a file that is not in specs any more, sha256 sha-2

# ---- LSSTComCam/calib/DM-48520/DP1/flatGen-r.20250207a
# 20 exposures: 17..36
# begun 2025-02-08T18:50:10Z
# RUN LSSTComCam/calib/DM-48520/DP1/flatGen.20250207a/20250208T185010Z
# release w_2025_05: the versions of its packages were not kept
# 9 datasets sealed: flat detectors 0..8
# recipe sha256:0123456789abcdef
# how it was made was not kept when it was sealed; so the specs make the same recipe now:
bps submit ${CP_PIPE_DIR}/bps/templates/bps_flat_r.yaml

# ---- LSSTComCam/calib/DM-48520/DP1/flatGen-i.20250207a
# 1 exposure: 41
# begun 2025-02-08T18:50:10Z
# RUN LSSTComCam/calib/DM-48520/DP1/flatGen.20250207a/20250208T185010Z
# release w_2025_05: the versions of its packages were not kept
# 9 datasets sealed: flat detectors 0..8
# recipe sha256:0123456789abcdef
# How it was made was not kept when it was sealed, and no spec makes it so now.

butler certify-calibrations $REPO \
  --begin-date 1970-01-01T00:00:00 \
  LSSTComCam/calib/DM-47447/gainFixup/ptcGen.20241107a/20241107T193934Z \
  LSSTComCam/calib/DM-48520/DP1/ptc.20250207a \
  ptc

butler collection-chain $REPO \
  --mode prepend \
  LSSTComCam/calib/DM-48520 \
  LSSTComCam/calib/DM-48520/DP1/ptc.20250207a

# Certified by somebody, from datasets that no seal names: bias detector 4 in LSSTComCam/calib/DM-48520/DP1/bias.20250207a

# Its members are not searched in the order in which they came:
butler collection-chain $REPO \
  --mode prepend \
  LSSTComCam/calib/DM-48520 \
  LSSTComCam/calib/DM-48520/DP1/bias.20250207a \
  LSSTComCam/calib/DM-48520/DP1/dark.20250207a \
  LSSTComCam/calib/DM-48520/DP1/ptc.20250207a

# NOT COMPLETE since 2025-02-08T20:00:00Z: LSSTComCam/calib/DM-48520/DP1/ctiGen.20250207a, on sdfiana012, /sdf/calib/submissions/cti

# LSSTComCam/calib holds it: LSSTComCam/calib/DM-48520, LSSTComCam/calib/DM-47447
