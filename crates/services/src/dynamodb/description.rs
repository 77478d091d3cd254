//! Tables as DescribeTable and its like show them.

use gateway::{Cx, Fault};
use serde_json::{Value, json};

use super::schema::{ProjectionInput, defined, shown};
use super::state::{self, IndexRecord, Sizes, TableRecord, Throughput};

/// `TableDescription`. Items and bytes are those of now; DynamoDB's are up to six hours old.
pub(super) fn of(cx: &Cx, table: &TableRecord) -> Result<Value, Fault> {
    let sizes = state::sizes(cx, table)?;
    let now = cx.now();
    let view = |global: bool| -> Option<Vec<Value>> {
        let indexes = table.indexes(now).filter(|index| index.global == global);
        let views: Vec<Value> = indexes
            .map(|index| {
                let sizes = sizes.indexes.get(&index.name).copied().unwrap_or_default();
                index_view(cx, table, index, sizes)
            })
            .collect();
        (!views.is_empty()).then_some(views)
    };
    let on_demand = table.on_demand.map(|since| {
        json!({
            "BillingMode": "PAY_PER_REQUEST",
            "LastUpdateToPayPerRequestDateTime": seconds(since),
        })
    });
    let provisioned = || table.billing_given.then(|| json!({ "BillingMode": "PROVISIONED" }));
    Ok(json!({
        "AttributeDefinitions": defined(&table.attributes),
        "TableName": table.name,
        "KeySchema": shown(&table.schema),
        "TableStatus": table.status(now),
        "CreationDateTime": seconds(table.created),
        "ProvisionedThroughput": throughput(&table.throughput),
        "TableSizeBytes": sizes.table.bytes,
        "ItemCount": sizes.table.items,
        "TableArn": table.arn(),
        "TableId": table.id,
        "BillingModeSummary": on_demand.or_else(provisioned),
        "LocalSecondaryIndexes": view(false),
        "GlobalSecondaryIndexes": view(true),
        "SSEDescription": table.key_arn.as_ref().map(|key| json!({
            "Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": key,
        })),
        "TableClassSummary": table.class.as_ref().map(|class| json!({ "TableClass": class })),
        "DeletionProtectionEnabled": table.protected,
        "OnDemandThroughput": table.max_on_demand,
    }))
}

fn index_view(cx: &Cx, table: &TableRecord, index: &IndexRecord, sizes: Sizes) -> Value {
    let mut view = json!({
        "IndexName": index.name,
        "KeySchema": shown(&index.schema),
        "Projection": ProjectionInput::shown(&index.projected),
        "IndexSizeBytes": sizes.bytes,
        "ItemCount": sizes.items,
        "IndexArn": format!("{}/index/{}", table.arn(), index.name),
    });
    if let (true, Some(members)) = (index.global, view.as_object_mut()) {
        // As long as a table is made its indexes are.
        let now = cx.now();
        members.insert("IndexStatus".to_owned(), json!(index.status(now)));
        members.insert("ProvisionedThroughput".to_owned(), throughput(&index.throughput));
        if now < index.settled && index.settled != table.settled {
            members.insert("Backfilling".to_owned(), true.into());
        }
    }
    view
}

fn throughput(throughput: &Throughput) -> Value {
    let Throughput { reads, writes, increased, decreased } = throughput;
    json!({
        "NumberOfDecreasesToday": 0,
        "ReadCapacityUnits": reads,
        "WriteCapacityUnits": writes,
        "LastIncreaseDateTime": increased.map(seconds),
        "LastDecreaseDateTime": decreased.map(seconds),
    })
}

/// Epoch seconds, with milliseconds as DynamoDB has them.
#[expect(clippy::cast_precision_loss, reason = "milliseconds are far below 2^53")]
pub(super) fn seconds(time: chrono::DateTime<chrono::Utc>) -> f64 {
    time.timestamp_millis() as f64 / 1e3
}
