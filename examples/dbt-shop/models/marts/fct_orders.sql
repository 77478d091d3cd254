{{
    config(
        materialized='incremental',
        unique_key='order_id',
        incremental_strategy='delete+insert',
        dist='customer_id',
        sort=['placed_on', 'order_id'],
    )
}}

select
    o.order_id,
    o.customer_id,
    c.customer_name,
    o.placed_on,
    o.amount,
    o.status,
    sum(o.amount) over (partition by o.customer_id order by o.placed_at rows unbounded preceding) as running_amount
from {{ ref('stg_orders') }} o
join {{ ref('stg_customers') }} c on c.customer_id = o.customer_id
{% if is_incremental() %}
where o.placed_on >= (select coalesce(max(placed_on), '1900-01-01'::date) from {{ this }})
{% endif %}
