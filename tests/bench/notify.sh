#!/bin/bash
# What most notify-by-Mastodon commands look like: the other way, which twicket is measured against.
# The core runs it as its notification command: notify.sh URL HOST SERVICE STATE OUTPUT
curl -sS -o /dev/null --max-time 10 -X POST -H "Authorization: Bearer token-shell" \
	--data-urlencode "status=** PROBLEM ** $2/$3 is $4: $5" --data-urlencode "visibility=unlisted" \
	"$1/api/v1/statuses"
