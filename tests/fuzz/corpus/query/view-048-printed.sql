SELECT get_json_string(`db`.`berth`.`meta`, '$.x') AS `k`
FROM `db`.`berth`