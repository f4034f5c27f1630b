#!/bin/bash
# Called by Patroni when the server has started or its role has changed: a leader updates the roles, for the passwords may have changed
# while there was none.  promoted.sh ACTION ROLE SCOPE
[ "$2" != primary ] || exec roles.sh /run/postgresql
