// Units for systemd, lines for cron and rules for alerts, as they are put into files.

/** Two services with their timers: what is left over is seen to, and the trail is verified. */
export const systemdUnits = `# /etc/systemd/system/twofa-maintain.service
[Unit]
Description=See to what twofa has left over
After=network-online.target
Wants=network-online.target

[Service]
Type=oneshot
User=twofa
Environment=TWOFA_HOME=/var/lib/twofa TWOFA_TOKEN_FILE=/etc/twofa/owner-token
ExecStart=/usr/local/bin/twofa maintain --quiet --json
StandardOutput=null
TimeoutStartSec=15min
# Not MemoryDenyWriteExecute: Node.js compiles what it runs.
NoNewPrivileges=yes
ProtectSystem=strict
ReadWritePaths=/var/lib/twofa
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectControlGroups=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
RestrictNamespaces=yes
LockPersonality=yes
CapabilityBoundingSet=
SystemCallFilter=@system-service
UMask=0077

# /etc/systemd/system/twofa-maintain.timer
[Timer]
OnCalendar=*:0/5
RandomizedDelaySec=30
Persistent=yes

[Install]
WantedBy=timers.target

# /etc/systemd/system/twofa-verify.service
[Unit]
Description=Verify the audit trail of twofa

[Service]
Type=oneshot
User=twofa
Environment=TWOFA_HOME=/var/lib/twofa TWOFA_TOKEN_FILE=/etc/twofa/owner-token
ExecStart=/usr/local/bin/twofa audit verify --quiet
TimeoutStartSec=infinity

# /etc/systemd/system/twofa-verify.timer
[Timer]
OnCalendar=Sun 03:00
Persistent=yes

[Install]
WantedBy=timers.target

# /etc/systemd/system/twofa-metrics.service
[Service]
Type=oneshot
User=twofa
Environment=TWOFA_HOME=/var/lib/twofa TWOFA_TOKEN_FILE=/etc/twofa/owner-token
WorkingDirectory=/var/lib/textfiles
ExecStart=/bin/sh -c 'twofa metrics >.twofa && mv .twofa twofa.prom'

# /etc/systemd/system/twofa-metrics.timer
[Timer]
OnCalendar=minutely

[Install]
WantedBy=timers.target
`;

/** The service with its socket: only its user has key and store. */
export const serviceUnits = `# /etc/systemd/system/twofa.socket
[Unit]
Description=Requests to twofa

[Socket]
ListenStream=/run/twofa.sock
SocketUser=twofa
SocketGroup=twofa
SocketMode=0660

[Install]
WantedBy=sockets.target

# /etc/systemd/system/twofa.service
[Unit]
Description=Two-factor authentication for the applications of this host
Requires=twofa.socket
After=twofa.socket network-online.target
Wants=network-online.target
StartLimitIntervalSec=0

[Service]
Type=exec
User=twofa
Environment=TWOFA_HOME=/var/lib/twofa NODE_ENV=production
ExecStart=/usr/local/bin/twofa serve
Restart=on-failure
RestartSec=2
TimeoutStopSec=45
LimitNOFILE=8192
# Not MemoryDenyWriteExecute: Node.js compiles what it runs.
NoNewPrivileges=yes
ProtectSystem=strict
ReadWritePaths=/var/lib/twofa
ProtectHome=yes
ProtectProc=invisible
PrivateTmp=yes
PrivateDevices=yes
PrivateUsers=yes
ProtectHostname=yes
ProtectClock=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RemoveIPC=yes
LockPersonality=yes
CapabilityBoundingSet=
AmbientCapabilities=
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM
UMask=0077
`;

/** The same by cron, which mails what a command says on standard error. */
export const crontab = `TWOFA_HOME=/var/lib/twofa
TWOFA_TOKEN_FILE=/etc/twofa/owner-token
PATH=/usr/local/bin:/usr/bin:/bin
*/5 * * * *  twofa maintain --quiet --json >/dev/null
0 3 * * 0    twofa audit verify --quiet >/dev/null
* * * * *    cd /var/lib/textfiles; twofa metrics >.new && mv .new twofa.prom
`;

/** Rules for Prometheus. */
export const alertRules = `groups:
  - name: twofa
    rules:
      - alert: TwofaLockouts
        expr: increase(twofa_lockouts_total[1h]) > 20
        annotations:
          summary: More than 20 users were locked within an hour. Who guesses?
      - alert: TwofaFailures
        expr: >-
          rate(twofa_failures_total[15m])
          > 0.5 * rate(twofa_code_verifications_total{result="verified"}[15m])
        for: 15m
        annotations:
          summary: More than a third of all codes are wrong.
      - alert: TwofaMessagesFail
        expr: >-
          sum by (via)
          (rate(twofa_code_messages_total{outcome="undelivered"}[15m]))
          > 0.05 * sum by (via) (rate(twofa_codes_issued_total[15m]))
        for: 10m
        annotations:
          summary: More than 5 % of the codes by {{ $labels.via }} fail.
      - alert: TwofaMessagesHang
        expr: twofa_messages_pending > 50
        for: 10m
        annotations:
          summary: Messages have no outcome. Does twofa maintain run?
      - alert: TwofaNoticesOpen
        expr: sum(twofa_notices_open) > 0
        for: 1h
        annotations:
          summary: Notices do not go out. See twofa notices list.
      - alert: TwofaTokensEnd
        expr: twofa_tokens_expiring > 0
        annotations:
          summary: Tokens end within 14 days. See twofa doctor.
      - alert: TwofaStandbyLags
        expr: >-
          twofa_standby_lag_seconds > 60 or
          (twofa_standby_lag_seconds offset 1h
          unless twofa_standby_lag_seconds)
        for: 5m
        annotations:
          summary: The standby is a minute behind, or is not read any more.
      - alert: TwofaNotMaintained
        expr: time() - twofa_task_timestamp_seconds{task="maintain"} > 3600
        annotations:
          summary: For an hour, twofa maintain has not gone through.
      - alert: TwofaNoCheckpoint
        expr: >-
          time() - twofa_task_timestamp_seconds{task="checkpoint"} > 2 * 86400
        annotations:
          summary: No checkpoint of the audit trail was kept for two days.
      - alert: TwofaMetricsStale
        expr: >-
          absent(twofa_trail_events) or
          time() - node_textfile_mtime_seconds{file=~".*twofa.prom"} > 600
        annotations:
          summary: twofa tells no metrics. See twofa health.
      - alert: TwofaTrailBroken
        expr: >-
          node_systemd_unit_state{name="twofa-verify.service",state="failed"}
          == 1
        labels: { severity: critical }
        annotations:
          summary: The trail is broken, or unverified. See twofa audit verify.
`;
