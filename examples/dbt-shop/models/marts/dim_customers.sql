{{ config(diststyle='all', sort='customer_id') }}

select
    c.customer_id,
    c.customer_name,
    c.joined_on,
    count(o.order_id) as orders,
    coalesce(sum(o.amount), 0)::numeric(12, 2) as spent,
    listagg(distinct o.status, ',') within group (order by o.status) as statuses
from {{ ref('stg_customers') }} c
left join {{ ref('stg_orders') }} o on o.customer_id = c.customer_id
group by 1, 2, 3
