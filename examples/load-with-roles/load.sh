#!/usr/bin/env bash
# Loads a Redshift cluster by an IAM role: from S3 and from DynamoDB, with aws-cli and psql alone.
#
#   AWS_PROFILE=prod ./load.sh up       bucket with 182,851 rows, DynamoDB table, cluster, role
#   AWS_PROFILE=prod ./load.sh attach   gives the role to the cluster while a session stays open
#   AWS_PROFILE=prod ./load.sh s3       COPY … csv gzip
#   AWS_PROFILE=prod ./load.sh dynamodb COPY … readratio 1
#   AWS_PROFILE=prod ./load.sh forms    the same by keys, by temporary keys, by role
#   AWS_PROFILE=prod ./load.sh down     takes everything away
#
# Where it talks to (AWS or Landbridge) only the AWS configuration says.
set -euo pipefail

ROWS=${ROWS:-182851}
CLUSTER=${CLUSTER:-redshift-test}
ROLE=${ROLE:-redshift-role-s3-dynamo}
TABLE=${TABLE:-redshift-test-20160401}
ACCOUNT=$(aws sts get-caller-identity --query Account --output text)
REGION=$(aws configure get region)
BUCKET=${BUCKET:-redshift-test-$ACCOUNT}
ROLE_ARN=arn:aws:iam::$ACCOUNT:role/$ROLE
export PGUSER=${PGUSER:-admin} PGPASSWORD=${PGPASSWORD:-Secret-1-admin} PGDATABASE=${PGDATABASE:-dev}
export PGSSLMODE=${PGSSLMODE:-require}

say() { printf '\n== %s\n' "$*" >&2; }

cluster() { aws redshift describe-clusters --cluster-identifier "$CLUSTER" --query "Clusters[0].$1" --output text; }

wait_for() { until [ "$(cluster ClusterStatus)" = available ]; do sleep 1; done; }

connect() {
  PGHOST=$(cluster Endpoint.Address) PGPORT=$(cluster Endpoint.Port)
  export PGHOST PGPORT
}

# Two columns, as many rows as asked for, some of them awkward.
rows() {
  awk -v rows="$ROWS" 'BEGIN {
    for (i = 1; i <= rows; i++)
      if (i % 1000 == 0) printf "%d,\"a \"\"quoted\"\" comma, and row %d\"\n", i, i
      else printf "%d,note of row %d\n", i, i
  }'
}

up() {
  say "a bucket with $ROWS rows, as CSV with GZIP"
  if [ "$REGION" = us-east-1 ]; then aws s3api create-bucket --bucket "$BUCKET" >/dev/null
  else aws s3api create-bucket --bucket "$BUCKET" --create-bucket-configuration "LocationConstraint=$REGION" >/dev/null; fi
  rows | gzip | aws s3 cp - "s3://$BUCKET/rows.csv.gz" --no-progress

  say "a DynamoDB table with one item"
  aws dynamodb create-table --table-name "$TABLE" --billing-mode PAY_PER_REQUEST \
    --attribute-definitions AttributeName=col1,AttributeType=S \
    --key-schema AttributeName=col1,KeyType=HASH >/dev/null
  aws dynamodb wait table-exists --table-name "$TABLE"
  aws dynamodb put-item --table-name "$TABLE" --item '{"col1":{"S":"one"},"col2":{"S":"item"}}'

  say "a role that Redshift may use, and what it may read"
  aws iam create-role --role-name "$ROLE" --assume-role-policy-document '{"Version":"2012-10-17",
    "Statement":[{"Effect":"Allow","Principal":{"Service":"redshift.amazonaws.com"},"Action":"sts:AssumeRole"}]}' >/dev/null
  aws iam put-role-policy --role-name "$ROLE" --policy-name read --policy-document '{"Version":"2012-10-17","Statement":[
    {"Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::'"$BUCKET"'"},
    {"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::'"$BUCKET"'/*"},
    {"Effect":"Allow","Action":["dynamodb:DescribeTable","dynamodb:Scan"],
     "Resource":"arn:aws:dynamodb:'"$REGION:$ACCOUNT:table/$TABLE"'"}]}'

  say "a cluster"
  aws redshift create-cluster --cluster-identifier "$CLUSTER" --node-type ra3.large --cluster-type single-node \
    --db-name "$PGDATABASE" --master-username "$PGUSER" --master-user-password "$PGPASSWORD" >/dev/null
  wait_for
}

attach() {
  connect
  say "a session is open before, and stays open"
  coproc SESSION { psql -XAtq 2>&1; }
  local before after seen
  echo "select pg_backend_pid();" >&"${SESSION[1]}"
  read -r before <&"${SESSION[0]}"

  seen=$(aws redshift modify-cluster-iam-roles --cluster-identifier "$CLUSTER" \
    --add-iam-roles "$ROLE_ARN" --query Cluster.ClusterStatus --output text)
  wait_for
  seen="$seen → $(cluster ClusterStatus), $(cluster 'IamRoles[0].ApplyStatus')"

  echo "select pg_backend_pid();" >&"${SESSION[1]}"
  read -r after <&"${SESSION[0]}"
  eval "exec ${SESSION[1]}>&-"
  [ "$before" = "$after" ] || { echo "the session was lost" >&2; exit 1; }
  echo "$seen; session $after was there before and is there still"
}

# A COPY into a temporary table, as the first argument has it.
load() {
  connect
  psql -X --set=ON_ERROR_STOP=1 <<SQL
create temp table temp_test
    ( col1 varchar(128)
    , col2 varchar(128)
    )
;

copy temp_test from $1
;

select count(*) as rows, count(distinct col1) as keys from temp_test;
SQL
}

s3() {
  load "'s3://$BUCKET/'
credentials 'aws_iam_role=$ROLE_ARN'
region '$REGION' csv gzip"
}

dynamodb() {
  load "'dynamodb://$TABLE'
credentials 'aws_iam_role=$ROLE_ARN'
readratio 1"
}

forms() {
  local key secret token
  say "access keys in the statement: they end up in scripts and histories"
  load "'s3://$BUCKET/'
credentials 'aws_access_key_id=$(aws configure get aws_access_key_id);aws_secret_access_key=$(aws configure get aws_secret_access_key)'
csv gzip"

  say "temporary keys: they expire, also in the middle of a load"
  read -r key secret token < <(aws sts get-session-token --output text \
    --query 'Credentials.[AccessKeyId,SecretAccessKey,SessionToken]')
  load "'s3://$BUCKET/'
credentials 'aws_access_key_id=$key;aws_secret_access_key=$secret;token=$token'
csv gzip"

  say "a role: no key anywhere"
  load "'s3://$BUCKET/' iam_role '$ROLE_ARN' csv gzip"
}

down() {
  say "the association first, then the role, then the rest"
  aws redshift modify-cluster-iam-roles --cluster-identifier "$CLUSTER" --remove-iam-roles "$ROLE_ARN" >/dev/null
  wait_for
  aws iam delete-role-policy --role-name "$ROLE" --policy-name read
  aws iam delete-role --role-name "$ROLE"
  aws redshift delete-cluster --cluster-identifier "$CLUSTER" --skip-final-cluster-snapshot >/dev/null
  aws dynamodb delete-table --table-name "$TABLE" >/dev/null
  aws s3 rm --recursive --quiet "s3://$BUCKET" && aws s3api delete-bucket --bucket "$BUCKET"
}

case "${1:-}" in
  up | attach | s3 | dynamodb | forms | down) "$1" ;;
  *) sed -n '2,11s/^# \{0,1\}//p' "$0"; exit 2 ;;
esac
